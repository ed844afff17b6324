-- A small site with a group of keywords as Le Couteau suisse reads it, and with two dictionaries of Dictionnaires.
CREATE TABLE spip_meta (nom text, valeur text);
INSERT INTO spip_meta VALUES ('langue_site', 'fr'), ('langues_multilingue', 'fr,en'), ('nom_site', 'Carrières'),
('adresse_site', 'https://carrieres.example'), ('version_installee', '2022022302');
CREATE TABLE spip_rubriques (
  id_rubrique int, id_parent int, titre text, descriptif text, texte text, statut text, date text, lang text
);
INSERT INTO spip_rubriques VALUES (1, 0, 'Métiers', 'Le moellon.', 'Un moellon de la rubrique.', 'publie', '2020-01-01', 'fr');
CREATE TABLE spip_articles (
  id_article int, surtitre text, titre text, soustitre text, id_rubrique int, descriptif text, chapo text, texte text,
  ps text, date text, statut text, lang text, id_trad int
);
INSERT INTO spip_articles VALUES
(1, 'Le moellon', 'Le moellon', 'Un moellon', 1, '', 'Le PNR des MOELLONS.',
 'Des moellons du PNR[[Une architrave.]], l''AMAP et un front de taille ; une coopérative, la mutualité, sans texte.

{{{Le moellon}}}

[Un moellon->art2], <code>moellon</code> et une association.', 'Un front de taille, une architrave.',
 '2020-01-02 10:00:00', 'publie', 'fr', 0),
(2, '', 'Sans', '', 1, 'Le PNR', '', '[!glossaire] Le PNR.', '', '2020-01-03 10:00:00', 'publie', 'fr', 0),
(3, '', 'English', '', 1, '', '', 'The PNR has a rubble stone, a moellon and an AMAP.', '', '2020-01-04 10:00:00',
 'publie', 'en', 0);
CREATE TABLE spip_breves (
  id_breve int, titre text, texte text, lien_titre text, lien_url text, date_heure text, statut text, id_rubrique int,
  lang text
);
INSERT INTO spip_breves VALUES (1, 'Brève', 'Un moellon est tombé.', '', '', '2020-01-05 10:00:00', 'publie', 1, 'fr');
CREATE TABLE spip_auteurs (id_auteur int, nom text, bio text, statut text);
INSERT INTO spip_auteurs VALUES (1, 'Anne', 'Elle taille le moellon.', '1comite');
CREATE TABLE spip_auteurs_liens (id_auteur int, id_objet int, objet text);
INSERT INTO spip_auteurs_liens VALUES (1, 1, 'article');
CREATE TABLE spip_forum (
  id_forum int, objet text, id_objet int, id_parent int, id_thread int, date_heure text, titre text, texte text,
  auteur text, statut text
);
INSERT INTO spip_forum VALUES
(1, 'article', 1, 0, 1, '2020-02-01 10:00:00', 'Merci', 'Quel beau moellon !', 'Zoé', 'publie');
CREATE TABLE spip_groupes_mots (id_groupe int, titre text, descriptif text, texte text);
INSERT INTO spip_groupes_mots VALUES (1, '10. Glossaire', 'Les mots du métier.', ''), (2, 'Lieux', '', '');
CREATE TABLE spip_mots (id_mot int, titre text, descriptif text, texte text, id_groupe int, type text);
INSERT INTO spip_mots VALUES
(1, '10. <multi>[fr]moellon/moellons[en]rubble stone</multi>', '',
 '<multi>[fr]Une pierre {{petite}} du [front->mot3][[Une note.]].[en]A small stone.</multi>', 1, 'Glossaire'),
(2, ',P\.?N\.?R\.?,/parc naturel régional', '', 'Parc naturel régional', 1, 'Glossaire'),
(3, 'front de taille', 'La paroi.', '', 1, 'Glossaire'),
(4, 'architrave/architraves', '', 'Une pierre sur des colonnes, pas un moellon.', 1, 'Glossaire'),
(5, ',(a+)+$,i', '', 'Rien', 1, 'Glossaire'),
(6, 'mutualité/ =art2', '', 'La prévoyance.', 1, 'Glossaire'),
(7, 'coopérative/coopératives/ =art2', '', 'Une entreprise.', 1, 'Glossaire'),
(8, 'sans texte', '', '', 1, 'Glossaire'),
(9, 'moellons/jamais', '', 'Autre chose.', 1, 'Glossaire'),
(10, 'Vaucluse/84', '', '', 2, 'Lieux');
CREATE TABLE spip_mots_liens (id_mot int, id_objet int, objet text);
INSERT INTO spip_mots_liens VALUES (7, 1, 'article'), (4, 1, 'article'), (10, 1, 'article');
CREATE TABLE spip_urls (
  url text, type text, id_objet int, date text, id_parent int, segments int, perma int, langue text
);
INSERT INTO spip_urls VALUES ('Une-AMAP', 'definition', 12, '2020-01-01', 0, 1, 0, ''),
('Sigles', 'dictionnaire', 3, '2020-01-01', 0, 1, 0, '');
CREATE TABLE spip_dictionnaires (
  id_dictionnaire bigint, titre text, descriptif text, type_defaut text, statut text, maj text
);
INSERT INTO spip_dictionnaires VALUES (3, 'Sigles', 'Les sigles.', 'abbr', 'actif', ''), (4, 'Vieux', '', '', 'inactif', '');
CREATE TABLE spip_definitions (
  id_definition bigint, id_dictionnaire bigint, titre text, texte text, termes text, type text, casse int, date text,
  statut text, lang text, langue_choisie text, id_trad int, url_externe text, maj text
);
INSERT INTO spip_definitions VALUES
(12, 3, 'AMAP', 'Association pour le maintien d’une agriculture paysanne', 'paniers', 'abbr', 1, '2020-01-01', 'publie', 'fr', '', 0, '', ''),
(13, 3, 'association', 'Des personnes ensemble.', 'associations, ', '', 0, '2020-01-01', 'publie', 'fr', '', 0, 'https://example.org/asso', ''),
(14, 4, 'vieux mot', 'x', '', '', 0, '2020-01-01', 'publie', 'fr', '', 0, '', ''),
(15, 3, 'brouillon', 'x', '', '', 0, '', 'prop', 'fr', '', 0, '', ''),
(16, 3, 'jeté', 'x', '', '', 0, '', 'poubelle', 'fr', '', 0, '', ''),
(17, 3, 'AMAP', 'A group of consumers', '', 'abbr', 0, '', 'publie', 'en', '', 0, '', '');
CREATE TABLE spip_definitions_liens (id_definition bigint, id_objet bigint, objet text, vu text);
INSERT INTO spip_definitions_liens VALUES (12, 1, 'article', 'non');
