-- Times are seconds since 1970 (UTC).
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE pages (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  language TEXT NOT NULL,
  is_open INTEGER NOT NULL DEFAULT 1,
  -- Grows with each change of what visitors see of its messages.
  revision INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  page INTEGER NOT NULL REFERENCES pages (id),
  parent INTEGER NOT NULL DEFAULT 0,
  thread INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('prop', 'publie', 'off', 'spam')),
  author TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  url TEXT NOT NULL,
  language TEXT NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  email BLOB,
  email_digest BLOB,
  network TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT 'form',
  source_key TEXT NOT NULL DEFAULT '',
  score REAL NOT NULL DEFAULT 0.5,
  -- Of the visitor's right to take it back, and of the form it came from: one form, one message.
  taking_back BLOB,
  form BLOB UNIQUE
);
CREATE INDEX messages_of_page ON messages (page, status, id);
CREATE INDEX messages_of_status ON messages (status, score, id);
CREATE INDEX messages_of_parent ON messages (parent) WHERE parent <> 0;
CREATE INDEX messages_of_person ON messages (email_digest) WHERE email_digest IS NOT NULL;
CREATE UNIQUE INDEX messages_of_source ON messages (source, source_key) WHERE source_key <> '';
CREATE INDEX messages_of_network ON messages (created) WHERE network <> '';

-- Messages that were imported and then forgotten for a person's sake: another import leaves them out.
CREATE TABLE forgotten (source TEXT NOT NULL, source_key TEXT NOT NULL, PRIMARY KEY (source, source_key)) WITHOUT ROWID;

CREATE TRIGGER message_shown AFTER INSERT ON messages WHEN NEW.status = 'publie'
BEGIN UPDATE pages SET revision = revision + 1 WHERE id = NEW.page; END;
CREATE TRIGGER message_changed
AFTER UPDATE OF page, parent, status, author, title, text, url, language, created ON messages
WHEN OLD.status = 'publie' OR NEW.status = 'publie'
BEGIN UPDATE pages SET revision = revision + 1 WHERE id IN (OLD.page, NEW.page); END;
CREATE TRIGGER message_gone AFTER DELETE ON messages WHEN OLD.status = 'publie'
BEGIN UPDATE pages SET revision = revision + 1 WHERE id = OLD.page; END;

CREATE TABLE moderators (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  created INTEGER NOT NULL,
  email BLOB,
  notify TEXT NOT NULL DEFAULT 'never' CHECK (notify IN ('each', 'digest', 'never')),
  is_active INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE sessions (
  digest BLOB PRIMARY KEY,
  moderator INTEGER NOT NULL REFERENCES moderators (id),
  created INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  ends INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE passkeys (
  id BLOB PRIMARY KEY,
  moderator INTEGER NOT NULL REFERENCES moderators (id),
  public_key BLOB NOT NULL,
  uses INTEGER NOT NULL,
  name TEXT NOT NULL,
  created INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE decisions (
  id INTEGER PRIMARY KEY,
  message INTEGER NOT NULL,
  moderator INTEGER NOT NULL,
  name TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  is_undone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX decisions_of_message ON decisions (message, id);

CREATE TABLE blocks (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('network', 'email', 'word')),
  value TEXT NOT NULL,
  reason TEXT NOT NULL,
  ends INTEGER NOT NULL,
  UNIQUE (kind, value)
);

-- What the classifier has learned: how often a word occurred in accepted messages and in spam.
CREATE TABLE words (word TEXT PRIMARY KEY, accepted INTEGER NOT NULL, spam INTEGER NOT NULL) WITHOUT ROWID;

-- Letters that wait to be sent, or were: who gets them and what they are about, by numbers; they are written when they
-- are sent. ``recipient`` is a moderator (kind ``held``) or a subscription, ``message`` the first or only message that
-- it is about, ``person`` the keyed digest of a subscriber's address, ``identity`` the name in its Message-ID. A letter
-- that may have arrived is sent again as it was: ``contents`` are the messages that were in it, by number and version.
CREATE TABLE mails (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('held', 'reply', 'confirmation')),
  recipient INTEGER NOT NULL,
  message INTEGER NOT NULL,
  person BLOB,
  identity TEXT NOT NULL,
  contents TEXT NOT NULL DEFAULT '',
  created INTEGER NOT NULL,
  due INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
  changed INTEGER NOT NULL,
  answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX mails_due ON mails (state, due);
CREATE INDEX mails_of_recipient ON mails (kind, recipient, state);
CREATE INDEX mails_of_person ON mails (person, message) WHERE person IS NOT NULL;

-- ``page`` is 0 for the whole site, ``message`` is 0 for all messages of the page.
CREATE TABLE subscriptions (
  -- Old links name it: no other reader gets the number of one that has ended.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  page INTEGER NOT NULL,
  message INTEGER NOT NULL DEFAULT 0,
  email BLOB NOT NULL,
  email_digest BLOB NOT NULL,
  language TEXT NOT NULL,
  created INTEGER NOT NULL,
  confirmed INTEGER,
  UNIQUE (page, message, email_digest)
);
CREATE INDEX subscriptions_of_message ON subscriptions (message) WHERE message <> 0;

-- Links that work once, by their digest, until they would have ended anyway.
CREATE TABLE used_links (digest BLOB PRIMARY KEY, ends INTEGER NOT NULL) WITHOUT ROWID;
