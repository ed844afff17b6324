-- The glossary of the demonstration: apply it to a copy of site.sqlite (sqlite3 copy.sqlite < glossary.sql).
-- A group of keywords as Le Couteau suisse reads it: forms between slashes, an expression, a target, two languages.
INSERT INTO spip_groupes_mots (id_groupe, titre, descriptif, unseul, obligatoire, tables_liees, minirezo, comite, forum)
VALUES (90, 'Glossaire', 'Les mots de l’économie sociale.', 'non', 'non', 'articles', 'oui', 'oui', 'non');
INSERT INTO spip_mots (id_mot, titre, descriptif, texte, id_groupe, type) VALUES
(901, 'ESS/économie sociale et solidaire', '', 'Économie sociale et solidaire : les coopératives, les mutuelles, les associations et les fondations.', 90, 'Glossaire'),
(902, ',S\.?C\.?I\.?C,/société coopérative d’intérêt collectif/sociétés coopératives d’intérêt collectif', '', 'Société coopérative d’intérêt collectif : une {{coopérative}} dont les salariés, les usagers et les collectivités sont membres ensemble. Voir [->art3].', 90, 'Glossaire'),
(903, 'société coopérative/sociétés coopératives', '', 'Une entreprise qui appartient à ses membres : chacun a une voix, quel que soit son capital.', 90, 'Glossaire'),
(904, '<multi>[fr]réserve impartageable/réserves impartageables[en]indivisible reserve/indivisible reserves</multi>', '', '<multi>[fr]La part des bénéfices que les membres ne peuvent pas se partager.[en]The part of the profit that members cannot share.</multi>', 90, 'Glossaire'),
(905, 'sociétaire/sociétaires', '', 'Une personne qui possède une part d’une coopérative.', 90, 'Glossaire'),
(906, 'monnaie locale/monnaies locales', '', 'Une monnaie qui ne circule que dans une région.', 90, 'Glossaire'),
(908, 'ristourne/ristournes', '', 'La part du bénéfice que la coopérative rend à ses membres, en proportion de ce qu’ils y ont acheté.', 90, 'Glossaire'),
(909, 'intercoopération', '', 'L’entraide des coopératives entre elles, sixième principe de l’[Alliance coopérative internationale->https://www.ica.example/].', 90, 'Glossaire'),
(907, 'tiers-lieu/tiers-lieux/ =art1', '', 'Un lieu partagé entre la maison et le bureau.', 90, 'Glossaire');
