"""The forum's web application: pages and answers for visitors, for moderators, and for readers of mails and feeds."""
