/** By language: the translations of the forum's sentences. Made of the .po files by make translations. */
export const CATALOGUES = {
  "fr": {
    "Anonymous": "Anonyme",
    "Atom feed": "Flux Atom",
    "Do not reply": "Ne pas répondre",
    "in reply to {author}": "en réponse à {author}",
    "Mails about new messages": "Être averti des nouveaux messages",
    "Reply to this message": "Répondre à ce message",
    "Reply to {author}": "Répondre à {author}",
    "Sending…": "Envoi en cours…",
    "Take the message back": "Retirer le message",
    "Tell me of replies by e-mail": "M’avertir des réponses par courriel",
    "The comment server cannot be reached just now. Your text stays in this form: please send it again later.": "Le serveur de commentaires est injoignable pour le moment. Votre texte reste dans ce formulaire : veuillez le renvoyer plus tard.",
    "You can take your message back for one more minute.": {
      "one": "Vous pouvez encore retirer votre message pendant une minute.",
      "other": "Vous pouvez encore retirer votre message pendant {number} minutes."
    },
    "Your message was not sent.": "Votre message n’a pas été envoyé."
  }
};
