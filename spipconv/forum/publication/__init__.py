"""Publication: pages of a site come in and get a forum; its published messages go out as data files of the site."""
