"""Remedies: the code of an issue comes in, what to do about it goes out, in one sentence for people."""

from __future__ import annotations

from spipconv.translations import mark, translate

# By the codes of the migration and of the parser. "SPIP" is the old site: what is corrected there is right in every
# later run, too.
REMEDIES: dict[str, str] = {
    # What was lost.
    "object-failed": mark(
        "Report this error to the authors of spipconv, and copy the text by hand from .spipconv/failed."
    ),
    "value-refused": mark("Correct the value in SPIP if it matters; without it, nothing else is lost."),
    "text-too-long": mark("Look at the text in SPIP: it is often an attack, or a picture that was pasted as text."),
    "articles-missing": mark("Export this table too, and run again."),
    "sections-missing": mark("Export this table too, and run again."),
    "authors-missing": mark("Export these tables too, and run again."),
    "keywords-missing": mark("Export these tables too, and run again."),
    "documents-missing": mark("Export these tables too, and run again."),
    "comments-missing": mark("If the site had comments, export this table too, and run again."),
    "rows-missing": mark("If the export was of the structure alone, export the data too, and run again."),
    "settings-missing": mark("Export this table too, and run again."),
    "member-refused": mark("If you trust the archive, unpack it yourself and give the folder IMG."),
    "row-repeated": mark("Compare the texts in .spipconv/failed with the page; a damaged dump is best made again."),
    "row-unnumbered": mark("If the text in .spipconv/failed matters, make a page of it by hand."),
    "files-left": mark("Run again with --img and the folder IMG of the old site."),
    "file-missing": mark("Look for the file in older backups of IMG, or remove what shows it from the text."),
    "file-refused": mark("If you trust the file, copy it by hand; make an HTML page a page of the new site instead."),
    "file-too-large": mark("Raise the upload limit of the server for this file, or import it with WP-CLI."),
    "file-run-by-target": mark("Rename the file in SPIP and run again, or copy it to the server by hand."),
    "file-unreadable": mark("Check the permissions of the file in your copy of IMG, or copy it again, and run again."),
    "column-left": mark("If these texts matter, export the column from the database yourself."),
    "table-left": mark("If its content matters, export the table from the database yourself."),
    "petition-left": mark("Export the signatures in SPIP before you close it; for new ones, use another service."),
    "form-shown": mark("Write an address for messages in its place, or use a service for forms."),
    "form-unread": mark("Copy the questions from SPIP, or use a service for forms."),
    "form-left": mark("If visitors need the form, use a service for forms."),
    "point-left": mark("If the place matters, write its coordinates in SPIP, or tie it to an article, and run again."),
    "extra-plain": mark("If its links or pictures matter, copy them from SPIP to the page."),
    "menu-left": mark("Nothing to do, or add an entry to the menu of the new site."),
    "menu-other": mark("Write its links into a template of the new site, such as the one of the foot of the page."),
    "model-unpublished": mark("Publish it in SPIP and run again if visitors should see it, or remove the shortcut."),
    "link-unpublished": mark("Publish what the link leads to, or remove the words that no longer lead anywhere."),
    "link-unresolved": mark("Correct the link or remove it: it was probably dead on the old site, too."),
    "link-old-page": mark("Link to the page that replaces it on the new site, or remove the words."),
    "access-restricted": mark("Publish the drafts that everybody may read; protect the others on your server."),
    "comment-orphaned": mark("Publish the page of the message in SPIP if people should read it, and run again."),
    "user-file-kept": mark("Keep your version, or run again with --force to overwrite it."),
    "redirect-broken": mark("Correct in SPIP the article that redirects, and run again."),
    "redirect-endless": mark("Correct one of these articles in SPIP, and run again."),
    "object-not-found": mark("Remove the link or name another object: it was dead on the old site, too."),
    "document-not-found": mark("Remove the shortcut, or put the document back in SPIP and run again."),
    "address-refused": mark("Write an address of the web in its place if readers need the link."),
    "content-dropped": mark("Write a link or a picture in its place if readers need it."),
    "unknown-model": mark("Say in a file what becomes of this model (--models), or write on the page what it showed."),
    "extension-failed": mark("Correct the extension, and run again."),
    "raw-omitted": mark("Have the extension write its output for this target, too."),
    "raw-refused": mark("Have the extension build nodes here instead of raw output."),
    "more-remarks": mark("Look at the whole text: it is broken, or no text at all."),
    # What has changed.
    "encoding-repaired": mark("Read some of these texts: their accents should be right."),
    "encoding-doubtful": mark("Read the text: correct it in SPIP if its accents are wrong."),
    "backslashes-read": mark(
        "Look at a text with backslashes; if they are missing, give the .sqlite file or a dump with its first lines."
    ),
    "addresses-missing": mark("Export this table too, and run again, so that old addresses lead on for sure."),
    "redirect-contested": mark("Nothing to do if the address leads to the right page; otherwise redirect it by hand."),
    "redirect-shadowed": mark("Rename the new page if visitors still use the old address of the other one."),
    "redirect-chained": mark("Nothing to do; shorter: let the article in SPIP redirect to the page itself."),
    "redirect-home": mark("Let the article redirect to a page about its subject: search engines see an error here."),
    "redirect-unkept": mark("Add the other addresses to your server by hand if they are still in use."),
    "link-empty": mark("Give the link an address, or remove it."),
    "language-refused": mark("Choose the language again in SPIP if it is not that of the section or the site."),
    "picture-cleaned": mark("Check that the picture still looks right."),
    "section-missing": mark("Move it to its section, in SPIP or here."),
    "section-endless": mark("Correct in SPIP in which section each of them is, and run again."),
    "section-deep": mark("Move the section up, in SPIP or here."),
    "date-missing": mark("Give it a date: without one, it comes last in every list."),
    "date-partial": mark("Nothing to do: SPIP’s date is kept as “spip.date”."),
    "original-missing": mark("Nothing to do: the translation is a page of its own now."),
    "comment-moved": mark(
        "Nothing to do: the message is on its page; the other one is not shown there, or they answer each other."
    ),
    "link-unselected": mark("Nothing to do as long as the old site is there; run again with more of the site later."),
    "unclosed-strong": mark("Check where the bold text should end, and write }} there in SPIP."),
    "unclosed-emphasis": mark("Check where the italics should end, and write } there in SPIP."),
    "unclosed-heading": mark("Check where the heading should end, and write }}} there in SPIP."),
    "unclosed-quote": mark("Check where the quotation should end, and write </quote> there in SPIP."),
    "unclosed-note": mark("Write ]] in SPIP where the note should end."),
    "unopened-marker": mark("Nothing to do; the stray sign can be removed in SPIP."),
    "crossed-marker": mark("Look at the page: correct the text in SPIP if its formatting is not what you expect."),
    "formatting-ended": mark("Look at the page: use a shortcut of SPIP instead of HTML if the formatting is missing."),
    "unclosed-tag": mark("Look at the page: close the tag in SPIP if it formats too much."),
    "unopened-tag": mark("Nothing to do; the stray tag can be removed in SPIP."),
    "tag-cut": mark("Write the tag again in each paragraph in SPIP if all of them should have its formatting."),
    "tag-case": mark("Write the tag in small letters in SPIP."),
    "tag-dropped": mark("Look at the page: nothing to do if it looks right without the tag."),
    "tag-shown": mark("Remove the tag in SPIP if readers should not see it."),
    "attribute-dropped": mark("Look at the page: nothing to do if it looks right; colours belong in the style sheet."),
    "embed-dropped": mark("Nothing to do if a link is enough; name your own PeerTube with --peertube."),
    "plugin-shortcut": mark("Run again with --plugin and the name of the plugin, or write the text anew."),
    "unknown-idiom": mark("Write the words in the language of the page."),
    "object-unresolved": mark("Correct the link by hand: the old address does not exist on the new site."),
    "translation-missing": mark("Translate the text if visitors of this language should read it."),
    "depth-exceeded": mark("Simplify the text in SPIP: nobody can read so many levels."),
    "control-character": mark("Look at the text: a sign may be missing."),
    "encoding-undone": mark("Read the text: its accents should be right."),
    "glossary-too-large": mark("Choose the groups with --glossary-group, or remove forms in SPIP."),
    "dictionary-inactive": mark("Publish the drafts if visitors should read them."),
    "definition-inactive": mark("Publish the draft if visitors should read it."),
    # For information.
    "column-absent": mark("Nothing to do; describe your pictures on the new site for people who cannot see them."),
    "character-ill-formed": mark("Nothing to do."),
    "source-found": mark("Nothing to do, or name another file."),
    "anchor-missing": mark("Correct the name in the link, or remove the link; it led nowhere on the old site too."),
    "slug-changed": mark("Nothing to do; give one of the two another title if you want a nicer address."),
    "syndicated-left": mark("Nothing to do: the sites are migrated, with the addresses of their feeds."),
    "private-left": mark("Nothing to do; save what you still need before you close SPIP."),
    "signature-left": mark("Nothing to do; export the signatures in SPIP if you still need them."),
    "tag-translated": mark("Nothing to do."),
    "comment-dropped": mark("Nothing to do: visitors never saw the comment."),
    "style-dropped": mark("Nothing to do; put rules that you still need in the style sheet of the new site."),
    "translations-hidden": mark("Nothing to do: each language has a page of its own."),
    "encoding-repeated": mark("Correct the text in SPIP if its accents are wrong."),
    "glossary-taken": mark("Nothing to do; choose other groups with --glossary-group, or none with --no-glossary."),
    "glossary-form-left": mark("Write fewer and shorter forms in SPIP if the term should be found."),
    "glossary-shortened": mark("Nothing to do: the whole definition is on its own page."),
    "glossary-unused": mark("Nothing to do."),
    "glossary-shadowed": mark(
        "Nothing to do; remove the word from one of the two entries if it leads to the wrong one."
    ),
    "glossary-pattern-left": mark("Write the words that the expression was to find, separated by slashes."),
}


def remedy(code: str, language: str) -> str:
    """Return what to do about a code, in a language that has a catalogue or else in English; empty for the codes of
    extensions, which explain themselves.
    """
    return translate(REMEDIES[code], language) if code in REMEDIES else ""
