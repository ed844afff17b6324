"""Every answer that is no preview: a code, a status, and a sentence for people in French and English."""

from __future__ import annotations

from collections.abc import Mapping

# By code: the HTTP status, and a sentence in English and in French. ``{}`` stands for the detail.
CODES: dict[str, tuple[int, str, str]] = {
    "bad-encoding": (400, "This is not UTF-8.", "Ce n’est pas de l’UTF-8."),
    "bad-form": (400, "This form cannot be read.", "Ce formulaire est illisible."),
    "bad-json": (400, "This is not JSON.", "Ce n’est pas du JSON."),
    "bad-request": (400, "This request cannot be read.", "Cette requête est illisible."),
    "cross-site": (
        403,
        "Another site sent this form: it is not among those that may.",
        "Un autre site a envoyé ce formulaire : il ne fait pas partie de ceux qui le peuvent.",
    ),
    "origin-refused": (
        403,
        "This site is not among those that may ask for previews.",
        "Ce site ne fait pas partie de ceux qui peuvent demander des aperçus.",
    ),
    "not-found": (404, "There is no such page here.", "Cette page n’existe pas ici."),
    "method-not-allowed": (405, "This address takes only {}.", "Cette adresse n’accepte que {}."),
    "not-acceptable": (
        406,
        "A preview is given as application/json or text/html.",
        "Un aperçu est donné en application/json ou en text/html.",
    ),
    "too-slow": (
        408,
        "The message did not arrive in time: send it again.",
        "Le message n’est pas arrivé à temps : envoyez-le à nouveau.",
    ),
    "preview-too-large": (
        413,
        "The preview of this message would be longer than {}: use fewer notes, tables or lists, or shorten it.",
        "L’aperçu de ce message dépasserait {} : mettez moins de notes, de tableaux ou de listes, ou raccourcissez-le.",
    ),
    "too-large": (
        413,
        "This message is too long: {} at most.",
        "Ce message est trop long : {} au plus.",
    ),
    "unsupported-type": (
        415,
        "Send application/json, application/x-www-form-urlencoded or multipart/form-data.",
        "Envoyez application/json, application/x-www-form-urlencoded ou multipart/form-data.",
    ),
    "unsupported-charset": (415, "Send UTF-8, not {}.", "Envoyez de l’UTF-8, pas {}."),
    "no-object": (422, "Send a JSON object with “text”.", "Envoyez un objet JSON avec « text »."),
    "no-text": (422, "The field “text” is missing.", "Le champ « text » manque."),
    "wrong-text": (422, "“text” is to be a string.", "« text » doit être une chaîne."),
    "wrong-lang": (422, "“lang” is no language known here: {}.", "« lang » n’est pas une langue connue ici : {}."),
    "too-many-requests": (
        429,
        "Too many previews at once: wait {} s.",
        "Trop d’aperçus à la fois : attendez {} s.",
    ),
    "failure": (500, "Something went wrong here.", "Quelque chose s’est mal passé ici."),
    "busy": (
        503,
        "Too many long messages are being read: try again in a moment.",
        "Trop de longs messages sont en cours de lecture : réessayez dans un instant.",
    ),
}


class Refusal(Exception):
    """A request that gets no preview. ``fields`` holds what was written in the form, to be shown again."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.fields = fields

    @property
    def status(self) -> int:
        """The HTTP status."""
        return CODES[self.code][0]

    def say(self, language: str) -> str:
        """Return a sentence for people: French if the language is, else English."""
        is_french = language.startswith("fr")
        _, english, french = CODES[self.code]
        sentence = french if is_french else english
        if is_french:
            sentence = sentence.replace(" :", "\u00a0:").replace("« ", "«\u00a0").replace(" »", "\u00a0»")
        detail = self.detail
        if self.code in ("too-large", "preview-too-large"):
            detail = _say_size(int(detail), is_french)
        return sentence.replace("{}", detail.encode("utf-8", "replace").decode())


def _say_size(size: int, is_french: bool) -> str:
    number, unit = (size / 1024**2, "Mi") if size >= 1024**2 else (size / 1024, "Ki")
    return f"{number:g}".replace(".", ",") + f"\u00a0{unit}o" if is_french else f"{number:g}\u00a0{unit}B"
