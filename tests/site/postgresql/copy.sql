--
-- PostgreSQL database dump
--

\restrict jYRR1B9xHxNFGubWxFXk0aszPgampxxq5aaIaNSbu0BMfwbUFjtdFBoq9vAddbP

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: f(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.f() RETURNS text
    LANGUAGE plpgsql
    AS $_$ BEGIN RETURN 'it''s; $$ -- '; END; $_$;


ALTER FUNCTION public.f() OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: spip_articles; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.spip_articles (
    id_article bigint NOT NULL,
    titre text DEFAULT ''::text,
    date timestamp without time zone
);


ALTER TABLE public.spip_articles OWNER TO postgres;

--
-- Name: TABLE spip_articles; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON TABLE public.spip_articles IS 'it''s; (x';


--
-- Name: spip_articles_id_article_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

CREATE SEQUENCE public.spip_articles_id_article_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.spip_articles_id_article_seq OWNER TO postgres;

--
-- Name: spip_articles_id_article_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: postgres
--

ALTER SEQUENCE public.spip_articles_id_article_seq OWNED BY public.spip_articles.id_article;


--
-- Name: spip_meta; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.spip_meta (
    nom text
);


ALTER TABLE public.spip_meta OWNER TO postgres;

--
-- Name: spip_rubriques; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.spip_rubriques (
    id_rubrique bigint NOT NULL,
    titre character varying(255) DEFAULT 'a,)'::character varying
);


ALTER TABLE public.spip_rubriques OWNER TO postgres;

--
-- Name: v; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.v AS
 SELECT 'a;b'::text AS x
   FROM public.spip_articles;


ALTER TABLE public.v OWNER TO postgres;

--
-- Name: spip_articles id_article; Type: DEFAULT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.spip_articles ALTER COLUMN id_article SET DEFAULT nextval('public.spip_articles_id_article_seq'::regclass);


--
-- Data for Name: spip_articles; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.spip_articles (id_article, titre, date) FROM stdin;
1	C:\\new\\temp et \\LaTeX	2007-04-02 10:30:00
2	l'été\r\n\ttab\\	2007-04-02 10:30:00
3		2007-04-02 10:30:00
4	\N	2007-04-02 10:30:00
5	\\N	2007-04-02 10:30:00
6	\\.	2007-04-02 10:30:00
7	a;b -- c\n'' $$ x	2007-04-02 10:30:00
\.


--
-- Data for Name: spip_meta; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.spip_meta (nom) FROM stdin;
\.


--
-- Data for Name: spip_rubriques; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.spip_rubriques (id_rubrique, titre) FROM stdin;
1	Nos jardins
\.


--
-- Name: spip_articles_id_article_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.spip_articles_id_article_seq', 7, true);


--
-- Name: spip_articles spip_articles_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.spip_articles
    ADD CONSTRAINT spip_articles_pkey PRIMARY KEY (id_article);


--
-- PostgreSQL database dump complete
--

\unrestrict jYRR1B9xHxNFGubWxFXk0aszPgampxxq5aaIaNSbu0BMfwbUFjtdFBoq9vAddbP

