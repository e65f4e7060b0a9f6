--
-- PostgreSQL database dump
--


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

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: account; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.account (
    id text NOT NULL COLLATE pg_catalog.ucs_basic,
    username text NOT NULL COLLATE pg_catalog.ucs_basic,
    password_hash text NOT NULL COLLATE pg_catalog.ucs_basic,
    created_at bigint NOT NULL
);


--
-- Name: api_token; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.api_token (
    id text NOT NULL COLLATE pg_catalog.ucs_basic,
    account_id text NOT NULL COLLATE pg_catalog.ucs_basic,
    name text NOT NULL COLLATE pg_catalog.ucs_basic,
    hint text NOT NULL COLLATE pg_catalog.ucs_basic,
    secret_hash text NOT NULL COLLATE pg_catalog.ucs_basic,
    created_at bigint NOT NULL,
    used_at bigint,
    expires_at bigint
);


--
-- Name: atlas_schema_revisions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.atlas_schema_revisions (
    version character varying NOT NULL,
    description character varying NOT NULL,
    type bigint DEFAULT 2 NOT NULL,
    applied bigint DEFAULT 0 NOT NULL,
    total bigint DEFAULT 0 NOT NULL,
    executed_at timestamp with time zone NOT NULL,
    execution_time bigint NOT NULL,
    error text,
    error_stmt text,
    hash character varying NOT NULL,
    partial_hashes jsonb,
    operator_version character varying NOT NULL
);


--
-- Name: change_entry; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.change_entry (
    number bigint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog.ucs_basic,
    subject text NOT NULL COLLATE pg_catalog.ucs_basic,
    at bigint NOT NULL
);


--
-- Name: installation; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.installation (
    one bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog.ucs_basic,
    epoch text NOT NULL COLLATE pg_catalog.ucs_basic,
    head bigint DEFAULT 0 NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT installation_one CHECK ((one = 1))
);


--
-- Name: media; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.media (
    id text NOT NULL COLLATE pg_catalog.ucs_basic,
    name text NOT NULL COLLATE pg_catalog.ucs_basic,
    name_key text NOT NULL COLLATE pg_catalog.ucs_basic,
    kind text NOT NULL COLLATE pg_catalog.ucs_basic,
    content_type text NOT NULL COLLATE pg_catalog.ucs_basic,
    sha256 text NOT NULL COLLATE pg_catalog.ucs_basic,
    size bigint NOT NULL,
    width bigint NOT NULL,
    height bigint NOT NULL,
    duration_ms bigint NOT NULL,
    animated bigint NOT NULL,
    codecs text NOT NULL COLLATE pg_catalog.ucs_basic,
    thumbnail bigint NOT NULL,
    display bigint NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT media_animated CHECK ((animated = ANY (ARRAY[(0)::bigint, (1)::bigint]))),
    CONSTRAINT media_display CHECK ((display = ANY (ARRAY[(0)::bigint, (1)::bigint]))),
    CONSTRAINT media_kind CHECK ((kind = ANY (ARRAY['picture'::text, 'video'::text]))),
    CONSTRAINT media_thumbnail CHECK ((thumbnail = ANY (ARRAY[(0)::bigint, (1)::bigint])))
);


--
-- Name: pairing; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pairing (
    id text NOT NULL COLLATE pg_catalog.ucs_basic,
    code text NOT NULL COLLATE pg_catalog.ucs_basic,
    secret_hash text NOT NULL COLLATE pg_catalog.ucs_basic,
    expires_at bigint NOT NULL
);


--
-- Name: playlist; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.playlist (
    id text NOT NULL COLLATE pg_catalog.ucs_basic,
    name text NOT NULL COLLATE pg_catalog.ucs_basic,
    name_key text NOT NULL COLLATE pg_catalog.ucs_basic,
    default_duration_ms bigint NOT NULL,
    transition text NOT NULL COLLATE pg_catalog.ucs_basic,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT playlist_default_duration_ms CHECK ((default_duration_ms > 0))
);


--
-- Name: rate_limit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rate_limit (
    name text NOT NULL COLLATE pg_catalog.ucs_basic,
    tries bigint NOT NULL,
    resets_at bigint NOT NULL
);


--
-- Name: screen; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.screen (
    id text NOT NULL COLLATE pg_catalog.ucs_basic,
    name text NOT NULL COLLATE pg_catalog.ucs_basic,
    name_key text NOT NULL COLLATE pg_catalog.ucs_basic,
    playlist_id text COLLATE pg_catalog.ucs_basic,
    rotation bigint NOT NULL,
    secret_hash text NOT NULL COLLATE pg_catalog.ucs_basic,
    paired_at bigint NOT NULL,
    seen_at bigint,
    slide_id text NOT NULL COLLATE pg_catalog.ucs_basic,
    version text NOT NULL COLLATE pg_catalog.ucs_basic,
    width bigint NOT NULL,
    height bigint NOT NULL,
    user_agent text NOT NULL COLLATE pg_catalog.ucs_basic,
    connected_until bigint,
    CONSTRAINT screen_rotation CHECK ((rotation = ANY (ARRAY[(0)::bigint, (90)::bigint, (180)::bigint, (270)::bigint])))
);


--
-- Name: session; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.session (
    id text NOT NULL COLLATE pg_catalog.ucs_basic,
    account_id text NOT NULL COLLATE pg_catalog.ucs_basic,
    secret_hash text NOT NULL COLLATE pg_catalog.ucs_basic,
    user_agent text NOT NULL COLLATE pg_catalog.ucs_basic,
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    expires_at bigint NOT NULL
);


--
-- Name: setup_link; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.setup_link (
    secret_hash text NOT NULL COLLATE pg_catalog.ucs_basic,
    expires_at bigint NOT NULL
);


--
-- Name: slide; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.slide (
    id text NOT NULL COLLATE pg_catalog.ucs_basic,
    playlist_id text NOT NULL COLLATE pg_catalog.ucs_basic,
    media_id text NOT NULL COLLATE pg_catalog.ucs_basic,
    "position" bigint NOT NULL,
    duration_ms bigint NOT NULL,
    fit text NOT NULL COLLATE pg_catalog.ucs_basic,
    CONSTRAINT slide_duration_ms CHECK ((duration_ms >= 0))
);


--
-- Data for Name: account; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.account VALUES ('01a22e5b-f159-73df-ba7c-74e9849fcd27', 'ada', 'argon2id:19456:2:1:xVqQI2OeVOv8v63pNH/8Rw:aZtZy4y6aLQJ5iR5icf3HqAOWH8jgAo3idFFM/TyMSk', 1796074107279);


--
-- Data for Name: api_token; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.api_token VALUES ('01a22e5b-f19c-7d18-871c-3e5cab0c79fd', '01a22e5b-f159-73df-ba7c-74e9849fcd27', 'menu upload 🔑', 'vt_74gi', 'bf6017217aa8e841e80f26b9a4a828d41a9548c7fd0bfc4c0bd0288fe7130561', 1796074107292, NULL, NULL);


--
-- Data for Name: atlas_schema_revisions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.atlas_schema_revisions VALUES ('20261124193859', 'initial', 2, 28, 28, '2026-11-30 21:28:27+00', 201449, NULL, NULL, 'D7zkR8lRsp5DZGvnxQF1xJh3vj+7Yidmcvwx4T8FOlY=', NULL, 'vitrine 0.5.0');
INSERT INTO public.atlas_schema_revisions VALUES ('20261124194657', 'screen_connected_until', 2, 1, 1, '2026-11-30 21:28:27+00', 108552, NULL, NULL, 'WGOYIh+ehF0Grl6j6p77a5WGQAkPP47jXTYn/MfAJdI=', NULL, 'vitrine 0.5.0');


--
-- Data for Name: change_entry; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.change_entry VALUES (1, 'media', '01a22e5b-f1a6-758b-8ccc-6305e6cf64df', 1796074107298);
INSERT INTO public.change_entry VALUES (2, 'media', '01a22e5b-f1b4-7638-809c-c7924d07d7ae', 1796074107313);
INSERT INTO public.change_entry VALUES (3, 'media', '01a22e5b-f1be-7240-af20-8bf025057eb4', 1796074107324);
INSERT INTO public.change_entry VALUES (4, 'playlist', '01a22e5b-f1c3-79cf-b033-7eb23f338270', 1796074107331);
INSERT INTO public.change_entry VALUES (5, 'playlist', '01a22e5b-f1c3-79cf-b033-7eb23f338270', 1796074107334);
INSERT INTO public.change_entry VALUES (6, 'playlist', '01a22e5b-f1c3-79cf-b033-7eb23f338270', 1796074107339);
INSERT INTO public.change_entry VALUES (7, 'playlist', '01a22e5b-f1cf-704d-9eab-d5254cdf8a8e', 1796074107343);
INSERT INTO public.change_entry VALUES (8, 'playlist', '01a22e5b-f1cf-704d-9eab-d5254cdf8a8e', 1796074107345);
INSERT INTO public.change_entry VALUES (9, 'screen', '01a22e5b-f1d7-73d8-9361-af178337f32a', 1796074107354);
INSERT INTO public.change_entry VALUES (10, 'screen', '01a22e5b-f1e6-7240-a350-a475ec02eb8e', 1796074107367);


--
-- Data for Name: installation; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.installation VALUES (1, '01a22e5b-f103-7e5b-8943-d8248c37df13', '01a22e5b-f103-7e5d-95fb-6b4f392c7b64', 10, 1796074107139);


--
-- Data for Name: media; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.media VALUES ('01a22e5b-f1a6-758b-8ccc-6305e6cf64df', '🍕 Menu.png', '🍕 menu.png', 'picture', 'image/png', 'd5aea09c4dde5cd45e0a137f4a7ddc97d77c36466298e4b634eb600e84795b00', 259, 64, 36, 0, 0, '', 1, 0, 1796074107298);
INSERT INTO public.media VALUES ('01a22e5b-f1b4-7638-809c-c7924d07d7ae', 'Tower 🗼 Größe.jpg', 'tower 🗼 grösse.jpg', 'picture', 'image/jpeg', 'fef4bde2b1394e6c5882f289d7b55b684b44efb26efb3b8a3f4944043eda12c9', 765, 36, 64, 0, 0, '', 1, 0, 1796074107313);
INSERT INTO public.media VALUES ('01a22e5b-f1be-7240-af20-8bf025057eb4', 'Clip 🎬.webm', 'clip 🎬.webm', 'video', 'video/webm', 'b506058af757d53038ed31bd1184d541dbc313219e4d3fce29a54638aa3d75ce', 16379, 320, 180, 3000, 0, 'vp8', 0, 0, 1796074107324);


--
-- Data for Name: pairing; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pairing VALUES ('01a22e5b-f1e9-7ed8-bae9-d3063fd6e631', 'MM47H7', '6c3002a1e5edb33bd19bff152191eed8382ba23c16ee6a978badd89bccbd7f0a', 1796075007369);


--
-- Data for Name: playlist; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.playlist VALUES ('01a22e5b-f1c3-79cf-b033-7eb23f338270', 'Café ☕ Größe', 'café ☕ grösse', 7500, 'slide', 1796074107331, 1796074107339);
INSERT INTO public.playlist VALUES ('01a22e5b-f1cf-704d-9eab-d5254cdf8a8e', 'Abend 🌙', 'abend 🌙', 10000, 'fade', 1796074107343, 1796074107345);


--
-- Data for Name: rate_limit; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.rate_limit VALUES ('pairing 127.0.0.1', 3, 1796077707349);


--
-- Data for Name: screen; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.screen VALUES ('01a22e5b-f1e6-7240-a350-a475ec02eb8e', 'Never switched on', 'never switched on', NULL, 0, '82b297acd57610882b484578a6c560cc840dbcf63e35b53184a30e3832020288', 1796074107367, NULL, '', '', 0, 0, '', NULL);
INSERT INTO public.screen VALUES ('01a22e5b-f1d7-73d8-9361-af178337f32a', 'Lobby 🛋', 'lobby 🛋', '01a22e5b-f1c3-79cf-b033-7eb23f338270', 90, '0aa40ada7bd4262667eb1cc8aa87dbc0c320b18ee9a669740f9e2807a16b363c', 1796074107354, 1796074107364, '01a22e5b-f1c6-714f-aa54-dd35868e514c', '7ba817d34faab54b', 1080, 1920, 'Go-http-client/1.1', NULL);


--
-- Data for Name: session; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.session VALUES ('01a22e5b-f192-76da-b3d2-7b726430b012', '01a22e5b-f159-73df-ba7c-74e9849fcd27', 'd891bd03b3406e4a9272f25e7255c2df8fe309025b2502bbb70fc58d1c6f53cc', 'Go-http-client/1.1', 1796074107282, 1796074107282, 1798666107282);


--
-- Data for Name: setup_link; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: slide; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.slide VALUES ('01a22e5b-f1c6-714f-aa54-dd35868e514c', '01a22e5b-f1c3-79cf-b033-7eb23f338270', '01a22e5b-f1a6-758b-8ccc-6305e6cf64df', 0, 0, 'contain');
INSERT INTO public.slide VALUES ('01a22e5b-f1c6-714a-8216-e47cb4ffbb6f', '01a22e5b-f1c3-79cf-b033-7eb23f338270', '01a22e5b-f1be-7240-af20-8bf025057eb4', 1, 0, 'contain');
INSERT INTO public.slide VALUES ('01a22e5b-f1c6-714b-97ba-82fc3e042cac', '01a22e5b-f1c3-79cf-b033-7eb23f338270', '01a22e5b-f1a6-758b-8ccc-6305e6cf64df', 2, 0, 'contain');
INSERT INTO public.slide VALUES ('01a22e5b-f1c6-714e-b93d-2970851cbbf7', '01a22e5b-f1c3-79cf-b033-7eb23f338270', '01a22e5b-f1b4-7638-809c-c7924d07d7ae', 3, 0, 'contain');
INSERT INTO public.slide VALUES ('01a22e5b-f1d1-701e-a064-261b73f7f16c', '01a22e5b-f1cf-704d-9eab-d5254cdf8a8e', '01a22e5b-f1b4-7638-809c-c7924d07d7ae', 0, 3000, 'cover');
INSERT INTO public.slide VALUES ('01a22e5b-f1d1-7020-bf07-96ed0d373914', '01a22e5b-f1cf-704d-9eab-d5254cdf8a8e', '01a22e5b-f1be-7240-af20-8bf025057eb4', 1, 3000, 'cover');


--
-- Name: account account_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);


--
-- Name: api_token api_token_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (id);


--
-- Name: atlas_schema_revisions atlas_schema_revisions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.atlas_schema_revisions
    ADD CONSTRAINT atlas_schema_revisions_pkey PRIMARY KEY (version);


--
-- Name: change_entry change_entry_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.change_entry
    ADD CONSTRAINT change_entry_pkey PRIMARY KEY (number);


--
-- Name: installation installation_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (one);


--
-- Name: media media_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (id);


--
-- Name: pairing pairing_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairing
    ADD CONSTRAINT pairing_pkey PRIMARY KEY (id);


--
-- Name: playlist playlist_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.playlist
    ADD CONSTRAINT playlist_pkey PRIMARY KEY (id);


--
-- Name: rate_limit rate_limit_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rate_limit
    ADD CONSTRAINT rate_limit_pkey PRIMARY KEY (name);


--
-- Name: screen screen_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.screen
    ADD CONSTRAINT screen_pkey PRIMARY KEY (id);


--
-- Name: session session_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);


--
-- Name: setup_link setup_link_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.setup_link
    ADD CONSTRAINT setup_link_pkey PRIMARY KEY (secret_hash);


--
-- Name: slide slide_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slide
    ADD CONSTRAINT slide_pkey PRIMARY KEY (id);


--
-- Name: account_username; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX account_username ON public.account USING btree (username);


--
-- Name: api_token_account_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX api_token_account_id ON public.api_token USING btree (account_id);


--
-- Name: api_token_secret_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX api_token_secret_hash ON public.api_token USING btree (secret_hash);


--
-- Name: change_entry_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX change_entry_at ON public.change_entry USING btree (at);


--
-- Name: media_sha256; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX media_sha256 ON public.media USING btree (sha256);


--
-- Name: pairing_code; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX pairing_code ON public.pairing USING btree (code);


--
-- Name: pairing_secret_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX pairing_secret_hash ON public.pairing USING btree (secret_hash);


--
-- Name: playlist_name_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX playlist_name_key ON public.playlist USING btree (name_key);


--
-- Name: rate_limit_resets_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX rate_limit_resets_at ON public.rate_limit USING btree (resets_at);


--
-- Name: screen_name_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX screen_name_key ON public.screen USING btree (name_key);


--
-- Name: screen_playlist_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX screen_playlist_id ON public.screen USING btree (playlist_id);


--
-- Name: screen_secret_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX screen_secret_hash ON public.screen USING btree (secret_hash);


--
-- Name: session_account_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX session_account_id ON public.session USING btree (account_id);


--
-- Name: session_secret_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX session_secret_hash ON public.session USING btree (secret_hash);


--
-- Name: slide_media_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX slide_media_id ON public.slide USING btree (media_id);


--
-- Name: slide_playlist_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX slide_playlist_id ON public.slide USING btree (playlist_id, "position");


--
-- Name: api_token api_token_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_account FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;


--
-- Name: screen screen_playlist; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.screen
    ADD CONSTRAINT screen_playlist FOREIGN KEY (playlist_id) REFERENCES public.playlist(id) ON DELETE SET NULL;


--
-- Name: session session_account; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_account FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;


--
-- Name: slide slide_media; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slide
    ADD CONSTRAINT slide_media FOREIGN KEY (media_id) REFERENCES public.media(id) ON DELETE RESTRICT;


--
-- Name: slide slide_playlist; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.slide
    ADD CONSTRAINT slide_playlist FOREIGN KEY (playlist_id) REFERENCES public.playlist(id) ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--


