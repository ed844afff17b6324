-- Une petite base SPIP 4 d'exemple : « make demo » la migre. Tout y est inventé.
SET NAMES utf8mb4;

CREATE TABLE `spip_meta` (`nom` text NOT NULL, `valeur` text NOT NULL);
INSERT INTO `spip_meta` (`nom`, `valeur`) VALUES
('nom_site', 'Atelier des communs'),
('slogan_site', 'Études et débats sur l’économie qui se partage'),
('descriptif_site', 'L’Atelier des communs réunit depuis 1998 des chercheuses, des praticiens et des élus autour d’une question : {{comment produire, habiter et décider ensemble ?}} Nos enquêtes, nos notes et nos débats sont en libre accès.'),
('adresse_site', 'https://www.atelier-des-communs.example'),
('langue_site', 'fr'),
('langues_multilingue', 'fr,en'),
('charset', 'utf-8'),
('version_installee', '2022022301'),
('type_urls', 'propres'),
('forums_publics', 'pri');

CREATE TABLE `spip_rubriques` (`id_rubrique` bigint NOT NULL, `id_parent` bigint NOT NULL, `titre` text NOT NULL, `descriptif` text NOT NULL, `texte` text NOT NULL, `statut` text NOT NULL, `lang` text NOT NULL, `date` datetime NOT NULL);
INSERT INTO `spip_rubriques` (`id_rubrique`, `id_parent`, `titre`, `descriptif`, `texte`, `statut`, `lang`, `date`) VALUES
(1, 0, '10. Idées', 'Ce que les mots veulent dire, et ce qu’ils font faire.', 'Des textes courts pour s’orienter : notions, controverses, portraits. Pour commencer : [->art1].', 'publie', 'fr', '2016-02-08 09:00:00'),
(2, 0, '20. Enquêtes', 'Sur le terrain, avec celles et ceux qui essaient.', '', 'publie', 'fr', '2016-02-08 09:00:00'),
(3, 0, '30. Publications', 'Notes de travail et comptes rendus.', '', 'publie', 'fr', '2016-02-08 09:00:00'),
(4, 0, '40. L’Atelier', 'Qui nous sommes, comment nous rejoindre.', '', 'publie', 'fr', '2016-02-08 09:00:00'),
(5, 1, '10. Entreprendre autrement', 'Coopératives, associations, mutuelles : statuts et pratiques.', '', 'publie', 'fr', '2016-02-08 09:00:00'),
(6, 1, '20. Monnaie et épargne', 'À quoi sert l’argent quand on le choisit.', '', 'publie', 'fr', '2016-02-08 09:00:00'),
(7, 2, 'Habiter', 'Logement, quartier, chantiers.', '', 'publie', 'fr', '2016-02-08 09:00:00'),
(8, 0, '50. English', 'A few of our texts in English.', '', 'publie', 'en', '2016-02-08 09:00:00');

CREATE TABLE `spip_articles` (`statut` text NOT NULL, `lang` text NOT NULL, `id_trad` bigint NOT NULL, `surtitre` text NOT NULL, `soustitre` text NOT NULL, `descriptif` text NOT NULL, `chapo` text NOT NULL, `texte` text NOT NULL, `ps` text NOT NULL, `nom_site` text NOT NULL, `url_site` text NOT NULL, `date_redac` datetime NOT NULL, `virtuel` text NOT NULL, `id_article` bigint NOT NULL, `id_rubrique` bigint NOT NULL, `titre` text NOT NULL, `date` datetime NOT NULL, `date_modif` datetime NOT NULL);
INSERT INTO `spip_articles` (`statut`, `lang`, `id_trad`, `surtitre`, `soustitre`, `descriptif`, `chapo`, `texte`, `ps`, `nom_site`, `url_site`, `date_redac`, `virtuel`, `id_article`, `id_rubrique`, `titre`, `date`, `date_modif`) VALUES
('publie', 'fr', 1, 'Notions', 'Une personne, une voix : d’où vient la règle, et ce qu’elle change', '', 'On la dit tantôt utopique, tantôt banale. La coopérative est d’abord une règle simple, vieille de près de deux siècles, et une manière de répartir le pouvoir autant que l’argent. Petit tour d’horizon, avec quelques mots pour s’y retrouver.', '{{{Une règle avant d’être un statut}}}\n\nEn décembre 1844, à Rochdale, près de Manchester, vingt-huit tisserands ouvrent un magasin qui leur appartient. Ils écrivent leurs principes avant de remplir leurs rayons[[G. J. Holyoake, {Histoire des équitables pionniers de Rochdale}, 1858. Les principes y sont recopiés du règlement de 1844.]] : adhésion libre, pouvoir égal, ristourne selon les achats. La coopérative moderne tient dans cette page. Elle fait partie de ce que l’on nomme aujourd’hui l’ESS, avec les associations, les mutuelles et les fondations.\n\n<quote>Nous ne voulions pas changer le monde, nous voulions de la farine sans craie. Le reste est venu ensuite.</quote>\n\n{{{Trois conséquences}}}\n\n-* {{Le pouvoir ne suit pas le capital.}} Chaque sociétaire dispose d’une voix, qu’il détienne une part ou mille.\n-* {{Une partie du bénéfice n’est à personne.}} Les réserves impartageables restent à l’entreprise, même si elle disparaît[[Loi n° 47-1775 du 10 septembre 1947 portant statut de la coopération, articles 16 à 19.]].\n-* {{On y entre et l’on en sort.}} Le capital est variable : nul besoin de trouver un acheteur.\n\nDans une SCOP, les salariés sont majoritaires ; dans une SCIC, ils siègent avec les usagers, les bénévoles et les collectivités. La même règle prend donc des visages très différents.\n\n<img1|center>\n\n{{{Ce que disent les chiffres}}}\n\n|| Les coopératives de travail en France, dans nos enquêtes ||\n| {{Année}} | {{Sociétés}} | {{Emplois}} | {{Taille moyenne}} |\n| 2004 | 1 600 | 35 200 | 22 |\n| 2009 | 1 900 | 40 100 | 21 |\n| 2015 | 2 850 | 51 000 | 18 |\n\nLes coopératives créées ces dernières années sont plus petites, plus souvent de services, et leur taux de survie à cinq ans est supérieur à celui des autres entreprises[[Le calcul porte sur les sociétés de notre panel ; il exclut les transformations d’associations, plus solides par construction.]]. La [monnaie locale->art4] et l’[habitat participatif->art2] obéissent à des logiques voisines : un bien commun, une communauté, des règles écrites.\n\n{{{Et la démocratie ?}}}\n\nElle coûte du temps. Les assemblées sont longues, les procès-verbaux aussi, et l’on y apprend à perdre un vote. « On ne choisit pas ce statut par hasard », nous disait une sociétaire ; il faut des formations, de la patience et quelques nuits blanches. C’est le prix d’une sociocratie qui ne dit pas toujours son nom.', 'Une première version de ce texte a paru dans la lettre de l’Atelier en janvier 2016.', 'Alliance coopérative internationale (exemple)', 'https://www.alliance-cooperative.example/', '0000-00-00 00:00:00', '', 1, 5, 'La coopérative, une démocratie d’entreprise', '2016-02-08 09:30:00', '2016-02-08 09:30:00'),
('publie', 'fr', 0, 'Enquête', '', '', 'Douze familles, un terrain, sept ans de réunions. Nous avons suivi le chantier d’une coopérative d’habitants, de la première esquisse à la remise des clés.', '{{{Avant les murs, les règles}}}\n\nLe groupe s’est d’abord donné un règlement : comment entrer, comment partir, que faire d’un désaccord. La coopérative d’habitants possède l’immeuble ; chacun détient des parts et un droit d’usage.\n\n{{{Le chantier}}}\n\nIl a duré deux ans. Les communs (buanderie, atelier, chambre d’amis) ont été dessinés avant les logements.', '', '', '', '0000-00-00 00:00:00', '', 2, 7, 'Habiter à plusieurs : récit d’un chantier', '2016-01-21 10:00:00', '2016-01-21 10:00:00'),
('publie', 'fr', 0, '', '', '', 'Quarante parcelles, trois langues, un point d’eau. Un jardin partagé est une institution en miniature.', 'Qui tient la clé ? Qui arrose en août ? Les réponses tiennent sur une feuille, affichée à l’entrée.\n\nLe jardin est un bien commun : la ressource est rare, la communauté connue, les règles écrites par ceux qui les suivent.', '', '', '', '0000-00-00 00:00:00', '', 3, 2, 'Des jardins au milieu des tours', '2015-11-30 08:00:00', '2015-11-30 08:00:00'),
('publie', 'fr', 0, 'Notions', '', '', '', '{{{À quoi servent-elles ?}}}\n\nUne monnaie locale circule dans un territoire et ne se place pas. Elle rend visibles des liens entre commerçants, habitants et associations.\n\n{{{Sont-elles légales ?}}}\n\nOui : la loi de 2014 sur l’ESS les reconnaît comme titres de paiement, à certaines conditions[[Code monétaire et financier, article L. 311-5.]].', '', '', '', '0000-00-00 00:00:00', '', 4, 6, '10. Les monnaies locales en huit questions', '2015-10-12 09:00:00', '2015-10-12 09:00:00'),
('publie', 'fr', 0, '', '', 'Les réponses courtes aux questions que l’on nous pose le plus souvent, à télécharger et à faire circuler.', '', 'La note reprend les questions posées lors de nos rencontres publiques de 2015. Elle est libre de droits.', '', '', '', '0000-00-00 00:00:00', '', 5, 3, 'Note n° 12 : dix questions sur les coopératives', '2015-09-01 09:00:00', '2015-09-01 09:00:00'),
('publie', 'fr', 0, '', '', '', '', 'Peut-on compter ce qui compte ? La note compare trois méthodes et propose d’en discuter les chiffres avec les personnes concernées.', '', '', '', '0000-00-00 00:00:00', '', 6, 3, 'Note n° 11 : mesurer l’utilité sociale', '2015-05-18 09:00:00', '2015-05-18 09:00:00'),
('publie', 'fr', 0, '', '', '', '', 'L’épargne solidaire finance des entreprises de l’ESS. Encore faut-il savoir où va l’argent : nous avons lu les rapports de quinze fonds.', '', '', '', '0000-00-00 00:00:00', '', 7, 6, '20. Épargner près de chez soi', '2015-03-02 09:00:00', '2015-03-02 09:00:00'),
('publie', 'fr', 0, '', '', '', '', 'L’Atelier est une association : [écrivez-nous->art9], venez à une rencontre, proposez un texte. Les séances ont lieu le premier jeudi du mois.', '', '', '', '0000-00-00 00:00:00', '', 8, 4, 'Rejoindre l’Atelier', '2014-10-01 09:00:00', '2014-10-01 09:00:00'),
('publie', 'fr', 0, '', '', '', '', '12, rue des Tisserands. Métro Canal, sortie 2. L’entrée est de plain-pied.', '', '', '', '0000-00-00 00:00:00', '', 9, 4, 'Venir nous voir', '2014-10-00 00:00:00', '2014-10-00 00:00:00'),
('publie', 'en', 1, 'Concepts', '', '', 'Some call it a utopia, others find it dull. A co-operative is first of all a simple rule, and a way to share power as well as money.', '{{{A rule before it is a status}}}\n\nIn December 1844, twenty-eight weavers opened a shop in Rochdale that belonged to them. They wrote down their principles before they filled the shelves[[G. J. Holyoake, {Self-Help by the People}, 1858.]].', '', '', '', '0000-00-00 00:00:00', '', 10, 8, 'The co-operative, a workplace democracy', '2016-02-10 09:30:00', '2016-02-10 09:30:00'),
('publie', 'fr', 0, '', '', '', '', 'Une SCIC peut accueillir une commune parmi ses associés, jusqu’à la moitié du capital. Le maire y a une voix, comme tout le monde : c’est là que la conversation commence.', '', '', '', '0000-00-00 00:00:00', '', 11, 5, 'La SCIC expliquée à mon maire', '2015-06-15 09:00:00', '2015-06-15 09:00:00'),
('publie', 'fr', 0, '', '', '', '', 'Seize millions de bénévoles, et presque aucun en comptabilité nationale. Comment le dire sans le réduire à un coût évité ?', '', '', '', '0000-00-00 00:00:00', '', 12, 5, 'Associations : ce que change le bénévolat', '2015-02-01 09:00:00', '2015-02-01 09:00:00');

CREATE TABLE `spip_breves` (`id_breve` bigint NOT NULL, `titre` text NOT NULL, `texte` text NOT NULL, `date_heure` datetime NOT NULL, `lien_titre` text NOT NULL, `lien_url` text NOT NULL, `statut` text NOT NULL, `id_rubrique` bigint NOT NULL, `lang` text NOT NULL);
INSERT INTO `spip_breves` (`id_breve`, `titre`, `texte`, `date_heure`, `lien_titre`, `lien_url`, `statut`, `id_rubrique`, `lang`) VALUES
(1, 'Rencontre publique le 1er mars', '« Communs et communes » : débat à la mairie, entrée libre.', '2016-02-01 08:00:00', 'Programme', 'https://www.mairie.example/debat', 'publie', 4, 'fr'),
(2, 'Parution de la note n° 12', 'À télécharger sur [sa page->art5].', '2015-09-01 10:00:00', '', '', 'publie', 4, 'fr'),
(3, 'Nous cherchons une voix', 'Pour notre émission mensuelle, nous cherchons une personne qui aime lire.', '2015-06-01 08:00:00', '', '', 'publie', 4, 'fr'),
(4, 'Fermeture d’été', 'L’Atelier ferme du 1er au 24 août.', '2015-07-20 08:00:00', '', '', 'publie', 4, 'fr');

CREATE TABLE `spip_auteurs` (`id_auteur` bigint NOT NULL, `nom` text NOT NULL, `bio` text NOT NULL, `nom_site` text NOT NULL, `url_site` text NOT NULL, `statut` text NOT NULL, `lang` text NOT NULL);
INSERT INTO `spip_auteurs` (`id_auteur`, `nom`, `bio`, `nom_site`, `url_site`, `statut`, `lang`) VALUES
(1, 'Claire Montagnac', 'Économiste, elle étudie les règles que se donnent les collectifs. Elle a codirigé l’enquête {Habiter}.', 'Ses travaux', 'https://www.montagnac.example/', '1comite', 'fr'),
(2, 'Hervé Le Guellec', 'Sociologue, animateur des rencontres publiques de l’Atelier.', '', '', '1comite', 'fr'),
(3, 'Aïcha Ben Saïd', 'Journaliste, elle tient la chronique des monnaies locales.', '', '', '1comite', 'fr');

CREATE TABLE `spip_auteurs_liens` (`id_auteur` bigint NOT NULL, `id_objet` bigint NOT NULL, `objet` text NOT NULL);
INSERT INTO `spip_auteurs_liens` (`id_auteur`, `id_objet`, `objet`) VALUES
(1, 1, 'article'),
(2, 1, 'article'),
(2, 2, 'article'),
(1, 2, 'article'),
(3, 3, 'article'),
(3, 4, 'article'),
(1, 5, 'article'),
(2, 6, 'article'),
(3, 7, 'article'),
(2, 8, 'article'),
(1, 10, 'article'),
(1, 11, 'article'),
(2, 12, 'article');

CREATE TABLE `spip_groupes_mots` (`id_groupe` bigint NOT NULL, `titre` text NOT NULL, `descriptif` text NOT NULL, `texte` text NOT NULL);
INSERT INTO `spip_groupes_mots` (`id_groupe`, `titre`, `descriptif`, `texte`) VALUES
(1, '10. Thèmes', '', ''),
(2, 'Glossaire', '', 'Les mots de nos textes, expliqués en une phrase ou deux.');

CREATE TABLE `spip_mots` (`id_mot` bigint NOT NULL, `id_groupe` bigint NOT NULL, `titre` text NOT NULL, `descriptif` text NOT NULL, `texte` text NOT NULL, `type` text NOT NULL);
INSERT INTO `spip_mots` (`id_mot`, `id_groupe`, `titre`, `descriptif`, `texte`, `type`) VALUES
(1, 1, 'Coopération', '', 'Produire, consommer, épargner ensemble.', 'Thèmes'),
(2, 1, 'Habitat', '', '', 'Thèmes'),
(3, 1, 'Monnaies', '', '', 'Thèmes'),
(4, 1, 'Méthodes', '', '', 'Thèmes'),
(11, 2, 'ESS/économie sociale et solidaire', '', '{{Économie sociale et solidaire}} : associations, coopératives, mutuelles, fondations et entreprises qui limitent leur lucrativité et partagent le pouvoir.', 'Glossaire'),
(12, 2, 'SCOP', '', '{{Société coopérative de production}} : les salariés détiennent la majorité du capital et des voix.', 'Glossaire'),
(13, 2, 'SCIC', '', '{{Société coopérative d’intérêt collectif}} : elle associe obligatoirement salariés, bénéficiaires et un troisième type d’associés, souvent une collectivité.', 'Glossaire'),
(14, 2, 'réserves impartageables', '', 'Part du bénéfice qui reste à la coopérative et ne peut être distribuée, même à sa dissolution.', 'Glossaire'),
(15, 2, 'bien commun/biens communs', '', 'Ressource gérée par une communauté selon des règles qu’elle se donne ; la notion doit beaucoup aux travaux d’Elinor Ostrom.', 'Glossaire'),
(16, 2, 'sociétaire/sociétaires', '', 'Associé d’une coopérative ou d’une mutuelle : il en est à la fois le propriétaire et l’usager.', 'Glossaire');

CREATE TABLE `spip_mots_liens` (`id_mot` bigint NOT NULL, `id_objet` bigint NOT NULL, `objet` text NOT NULL);
INSERT INTO `spip_mots_liens` (`id_mot`, `id_objet`, `objet`) VALUES
(1, 1, 'article'),
(4, 1, 'article'),
(2, 2, 'article'),
(1, 2, 'article'),
(2, 3, 'article'),
(3, 4, 'article'),
(1, 5, 'article'),
(4, 6, 'article'),
(3, 7, 'article'),
(1, 11, 'article'),
(1, 12, 'article');

CREATE TABLE `spip_documents` (`id_vignette` bigint NOT NULL, `date` datetime NOT NULL, `descriptif` text NOT NULL, `distant` text NOT NULL, `statut` text NOT NULL, `credits` text NOT NULL, `alt` text NOT NULL, `id_document` bigint NOT NULL, `extension` text NOT NULL, `titre` text NOT NULL, `fichier` text NOT NULL, `taille` bigint NOT NULL, `largeur` bigint NOT NULL, `hauteur` bigint NOT NULL, `media` text NOT NULL, `mode` text NOT NULL);
INSERT INTO `spip_documents` (`id_vignette`, `date`, `descriptif`, `distant`, `statut`, `credits`, `alt`, `id_document`, `extension`, `titre`, `fichier`, `taille`, `largeur`, `hauteur`, `media`, `mode`) VALUES
(0, '2016-02-08 09:00:00', '', 'non', 'publie', 'Atelier des communs', 'Diagramme en huit barres, de plus en plus hautes', 1, 'svg', 'Les sociétés de notre panel', 'svg/parts.svg', 700, 800, 600, 'image', 'image'),
(0, '2016-02-08 09:00:00', 'Les coopératives en dix questions. À faire circuler.', 'non', 'publie', '', '', 2, 'pdf', 'Note n° 12', 'pdf/note-cooperatives.pdf', 619, 0, 0, 'file', 'document'),
(0, '2016-02-08 09:00:00', 'Un modèle à adapter, voir [notre explication->art11].', 'non', 'publie', '', '', 3, 'pdf', 'Statuts types d’une SCIC', 'pdf/statuts-types.pdf', 610, 0, 0, 'file', 'document'),
(0, '2016-02-08 09:00:00', '', 'non', 'publie', '', 'Cinq maisons au soleil', 4, 'svg', 'L’atelier', 'svg/atelier.svg', 2517, 800, 600, 'image', 'document'),
(0, '2016-02-08 09:00:00', '', 'non', 'publie', '', 'Des collines', 5, 'svg', 'Le jardin', 'svg/jardin.svg', 690, 800, 600, 'image', 'document'),
(0, '2016-02-08 09:00:00', '', 'non', 'publie', '', 'Cinq cercles qui se croisent', 6, 'svg', 'L’assemblée', 'svg/assemblee.svg', 493, 800, 600, 'image', 'document'),
(0, '2016-02-08 09:00:00', '', 'non', 'publie', '', 'Une roue de couleurs', 7, 'svg', 'La roue', 'svg/roue.svg', 994, 800, 600, 'image', 'document');

CREATE TABLE `spip_documents_liens` (`id_document` bigint NOT NULL, `id_objet` bigint NOT NULL, `objet` text NOT NULL, `vu` text NOT NULL, `rang_lien` bigint NOT NULL);
INSERT INTO `spip_documents_liens` (`id_document`, `id_objet`, `objet`, `vu`, `rang_lien`) VALUES
(1, 1, 'article', 'oui', 0),
(2, 1, 'article', 'non', 0),
(3, 1, 'article', 'non', 0),
(2, 5, 'article', 'non', 0),
(3, 11, 'article', 'non', 0),
(4, 2, 'article', 'non', 0),
(5, 2, 'article', 'non', 0),
(6, 2, 'article', 'non', 0),
(7, 2, 'article', 'non', 0);

CREATE TABLE `spip_forum` (`objet` text NOT NULL, `id_objet` bigint NOT NULL, `titre` text NOT NULL, `url_site` text NOT NULL, `nom_site` text NOT NULL, `statut` text NOT NULL, `id_forum` bigint NOT NULL, `id_parent` bigint NOT NULL, `date_heure` datetime NOT NULL, `texte` text NOT NULL, `auteur` text NOT NULL);
INSERT INTO `spip_forum` (`objet`, `id_objet`, `titre`, `url_site`, `nom_site`, `statut`, `id_forum`, `id_parent`, `date_heure`, `texte`, `auteur`) VALUES
('article', 1, 'Merci', '', '', 'publie', 1, 0, '2016-02-09 08:12:00', 'Merci pour ce texte clair. Une question : les réserves impartageables existent-elles dans les associations ?', 'Lucie'),
('article', 1, 'Oui, d’une autre façon', '', '', 'publie', 2, 1, '2016-02-09 11:40:00', 'Dans une association, il n’y a pas de parts : tout est « impartageable » par nature. À la dissolution, le reste va à une autre association.', 'Hervé Le Guellec'),
('article', 1, '', '', '', 'publie', 3, 2, '2016-02-09 14:05:00', 'Voilà qui répond à ma question. Merci !', 'Lucie'),
('article', 1, 'Et le temps ?', 'https://www.imprimerie.example/', '', 'publie', 4, 0, '2016-02-11 18:30:00', 'Vous dites que la démocratie coûte du temps. Dans notre SCOP, nous avons compté :\n-* deux heures par semaine en réunion ;\n-* une journée par mois en formation.\n\nC’est moins que le temps perdu ailleurs à se taire.', 'Jean-Noël'),
('article', 1, '', '', '', 'publie', 5, 4, '2016-02-12 09:00:00', '{{Très juste.}} Auriez-vous publié ce calcul quelque part ?', 'Claire Montagnac'),
('article', 1, 'En attente', '', '', 'prop', 6, 0, '2016-02-20 07:55:00', 'Ce message attend d’être relu.', 'Un visiteur');

CREATE TABLE `spip_urls` (`id_parent` bigint NOT NULL, `url` text NOT NULL, `type` text NOT NULL, `id_objet` bigint NOT NULL, `date` datetime NOT NULL, `segments` bigint NOT NULL, `perma` bigint NOT NULL, `langue` text NOT NULL);
INSERT INTO `spip_urls` (`id_parent`, `url`, `type`, `id_objet`, `date`, `segments`, `perma`, `langue`) VALUES
(0, 'La-cooperative-une-democratie-d-entreprise', 'article', 1, '2016-02-08 09:30:00', 1, 0, ''),
(0, 'Habiter-a-plusieurs-recit-d-un-chantier', 'article', 2, '2016-01-21 10:00:00', 1, 0, ''),
(0, 'Des-jardins-au-milieu-des-tours', 'article', 3, '2015-11-30 08:00:00', 1, 0, ''),
(0, 'Les-monnaies-locales-en-huit-questions', 'article', 4, '2015-10-12 09:00:00', 1, 0, ''),
(0, 'Note-no-12-dix-questions-sur-les-cooperatives', 'article', 5, '2015-09-01 09:00:00', 1, 0, ''),
(0, 'Note-no-11-mesurer-l-utilite-sociale', 'article', 6, '2015-05-18 09:00:00', 1, 0, ''),
(0, 'Epargner-pres-de-chez-soi', 'article', 7, '2015-03-02 09:00:00', 1, 0, ''),
(0, 'Rejoindre-l-Atelier', 'article', 8, '2014-10-01 09:00:00', 1, 0, ''),
(0, 'Venir-nous-voir', 'article', 9, '2014-10-00 00:00:00', 1, 0, ''),
(0, 'The-co-operative-a-workplace-democracy', 'article', 10, '2016-02-10 09:30:00', 1, 0, ''),
(0, 'La-SCIC-expliquee-a-mon-maire', 'article', 11, '2015-06-15 09:00:00', 1, 0, ''),
(0, 'Associations-ce-que-change-le-benevolat', 'article', 12, '2015-02-01 09:00:00', 1, 0, ''),
(0, 'Idees', 'rubrique', 1, '2016-02-08 09:00:00', 1, 0, ''),
(0, 'Enquetes', 'rubrique', 2, '2016-02-08 09:00:00', 1, 0, ''),
(0, 'Publications', 'rubrique', 3, '2016-02-08 09:00:00', 1, 0, ''),
(0, 'L-Atelier', 'rubrique', 4, '2016-02-08 09:00:00', 1, 0, ''),
(0, 'Entreprendre-autrement', 'rubrique', 5, '2016-02-08 09:00:00', 1, 0, ''),
(0, 'Monnaie-et-epargne', 'rubrique', 6, '2016-02-08 09:00:00', 1, 0, ''),
(0, 'Habiter', 'rubrique', 7, '2016-02-08 09:00:00', 1, 0, ''),
(0, 'English', 'rubrique', 8, '2016-02-08 09:00:00', 1, 0, ''),
(0, 'Rencontre-publique-le-1er-mars', 'breve', 1, '2016-01-01 00:00:00', 1, 0, ''),
(0, 'Parution-de-la-note-no-12', 'breve', 2, '2016-01-01 00:00:00', 1, 0, ''),
(0, 'Nous-cherchons-une-voix', 'breve', 3, '2016-01-01 00:00:00', 1, 0, ''),
(0, 'Fermeture-d-ete', 'breve', 4, '2016-01-01 00:00:00', 1, 0, ''),
(0, 'Cooperation', 'mot', 1, '2016-01-01 00:00:00', 1, 0, ''),
(0, 'Habitat', 'mot', 2, '2016-01-01 00:00:00', 1, 0, ''),
(0, 'Monnaies', 'mot', 3, '2016-01-01 00:00:00', 1, 0, ''),
(0, 'Methodes', 'mot', 4, '2016-01-01 00:00:00', 1, 0, ''),
(0, 'Claire-Montagnac', 'auteur', 1, '2016-01-01 00:00:00', 1, 0, ''),
(0, 'Herve-Le-Guellec', 'auteur', 2, '2016-01-01 00:00:00', 1, 0, ''),
(0, 'Aicha-Ben-Said', 'auteur', 3, '2016-01-01 00:00:00', 1, 0, ''),
(0, 'Qu-est-ce-qu-une-cooperative', 'article', 1, '2012-01-01 00:00:00', 1, 0, '');

CREATE TABLE `spip_evenements` (`id_evenement` bigint NOT NULL, `id_article` bigint NOT NULL, `date_debut` datetime NOT NULL, `date_fin` datetime NOT NULL, `titre` text NOT NULL, `descriptif` text NOT NULL, `lieu` text NOT NULL, `adresse` text NOT NULL, `horaire` text NOT NULL, `statut` text NOT NULL);
INSERT INTO `spip_evenements` (`id_evenement`, `id_article`, `date_debut`, `date_fin`, `titre`, `descriptif`, `lieu`, `adresse`, `horaire`, `statut`) VALUES
(1, 8, '2016-03-01 18:30:00', '2016-03-01 20:30:00', 'Rencontre : communs et communes', 'Entrée libre, dans la limite des places.', 'Mairie, salle du conseil', '1, place de la Mairie', 'oui', 'publie');

CREATE TABLE `spip_gis` (`id_gis` bigint NOT NULL, `titre` text NOT NULL, `descriptif` text NOT NULL, `lat` double NOT NULL, `lon` double NOT NULL, `zoom` bigint NOT NULL);
INSERT INTO `spip_gis` (`id_gis`, `titre`, `descriptif`, `lat`, `lon`, `zoom`) VALUES
(1, 'L’Atelier', '12, rue des Tisserands', '48.8890', '2.3800', 16);

CREATE TABLE `spip_gis_liens` (`id_gis` bigint NOT NULL, `objet` text NOT NULL, `id_objet` bigint NOT NULL);
INSERT INTO `spip_gis_liens` (`id_gis`, `objet`, `id_objet`) VALUES
(1, 'article', 9);

