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

INSERT INTO public.account VALUES ('01a20f6e-ae15-7ec2-9cdf-67d92f6ddc2d', 'ada', 'argon2id:19456:2:1:I/zx33AnZxkTpcwp4ndoHg:QvEpq437kncSV6OGrzR03nsBiJkyGDKOPVdKZFYXZbI', 1795555241682);


--
-- Data for Name: api_token; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.api_token VALUES ('01a20f6e-aef1-71b4-a0a9-9874faa81175', '01a20f6e-ae15-7ec2-9cdf-67d92f6ddc2d', 'menu upload 🔑', 'vt_u7ft', 'd3b94675372f16f4a406846e2fd81f4bac7d41d0c5b9bfb0b01e61f1ea80c885', 1795555241713, NULL, NULL);


--
-- Data for Name: atlas_schema_revisions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.atlas_schema_revisions VALUES ('20261124193859', 'initial', 2, 28, 28, '2026-11-24 21:20:41+00', 219385, NULL, NULL, 'D7zkR8lRsp5DZGvnxQF1xJh3vj+7Yidmcvwx4T8FOlY=', NULL, 'vitrine 0.3.0');
INSERT INTO public.atlas_schema_revisions VALUES ('20261124194657', 'screen_connected_until', 2, 1, 1, '2026-11-24 21:20:41+00', 215469, NULL, NULL, 'WGOYIh+ehF0Grl6j6p77a5WGQAkPP47jXTYn/MfAJdI=', NULL, 'vitrine 0.3.0');


--
-- Data for Name: change_entry; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.change_entry VALUES (1, 'media', '01a20f6e-af13-7679-afa6-73f3613ca3f7', 1795555241734);
INSERT INTO public.change_entry VALUES (2, 'media', '01a20f6e-af2c-7383-b47b-23d845ea4c51', 1795555241759);
INSERT INTO public.change_entry VALUES (3, 'media', '01a20f6e-af94-7b1a-b4bf-28b6dcb8b4fc', 1795555241826);
INSERT INTO public.change_entry VALUES (4, 'playlist', '01a20f6e-af9e-7039-ab19-07b617b15e57', 1795555241886);
INSERT INTO public.change_entry VALUES (5, 'playlist', '01a20f6e-af9e-7039-ab19-07b617b15e57', 1795555241888);
INSERT INTO public.change_entry VALUES (6, 'playlist', '01a20f6e-af9e-7039-ab19-07b617b15e57', 1795555241896);
INSERT INTO public.change_entry VALUES (7, 'playlist', '01a20f6e-afad-721f-b343-82c93b50725d', 1795555241901);
INSERT INTO public.change_entry VALUES (8, 'playlist', '01a20f6e-afad-721f-b343-82c93b50725d', 1795555241905);
INSERT INTO public.change_entry VALUES (9, 'screen', '01a20f6e-afb7-7a5d-8f27-04007fdcf05d', 1795555241915);
INSERT INTO public.change_entry VALUES (10, 'screen', '01a20f6e-afde-7330-914a-83f3c2919210', 1795555241959);


--
-- Data for Name: installation; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.installation VALUES (1, '01a20f6e-ac58-70fd-a899-270f9899880d', '01a20f6e-ac58-7101-9fae-75026bcd2623', 10, 1795555241048);


--
-- Data for Name: media; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.media VALUES ('01a20f6e-af13-7679-afa6-73f3613ca3f7', '🍕 Menu.png', '🍕 menu.png', 'picture', 'image/png', 'd5aea09c4dde5cd45e0a137f4a7ddc97d77c36466298e4b634eb600e84795b00', 259, 64, 36, 0, 0, '', 1, 0, 1795555241734);
INSERT INTO public.media VALUES ('01a20f6e-af2c-7383-b47b-23d845ea4c51', 'Tower 🗼 Größe.jpg', 'tower 🗼 grösse.jpg', 'picture', 'image/jpeg', 'fef4bde2b1394e6c5882f289d7b55b684b44efb26efb3b8a3f4944043eda12c9', 765, 36, 64, 0, 0, '', 1, 0, 1795555241759);
INSERT INTO public.media VALUES ('01a20f6e-af94-7b1a-b4bf-28b6dcb8b4fc', 'Clip 🎬.webm', 'clip 🎬.webm', 'video', 'video/webm', 'b506058af757d53038ed31bd1184d541dbc313219e4d3fce29a54638aa3d75ce', 16379, 320, 180, 3000, 0, 'vp8', 0, 0, 1795555241826);


--
-- Data for Name: pairing; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pairing VALUES ('01a20f6e-afeb-7062-a47d-bb53b61d6cbc', '34NG9P', 'b3e6693532ee7b220e109a3cf0dc9a83c055d618412b6a241268ec14dc2f94a6', 1795556141961);


--
-- Data for Name: playlist; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.playlist VALUES ('01a20f6e-af9e-7039-ab19-07b617b15e57', 'Café ☕ Größe', 'café ☕ grösse', 7500, 'slide', 1795555241886, 1795555241896);
INSERT INTO public.playlist VALUES ('01a20f6e-afad-721f-b343-82c93b50725d', 'Abend 🌙', 'abend 🌙', 10000, 'fade', 1795555241901, 1795555241905);


--
-- Data for Name: rate_limit; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.rate_limit VALUES ('pairing 127.0.0.1', 3, 1795558841910);


--
-- Data for Name: screen; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.screen VALUES ('01a20f6e-afde-7330-914a-83f3c2919210', 'Never switched on', 'never switched on', NULL, 0, '4a438a66eb77fe8b97825a5d5ef6fe15f135e246bd575846a1152bcbd50e0730', 1795555241959, NULL, '', '', 0, 0, '', NULL);
INSERT INTO public.screen VALUES ('01a20f6e-afb7-7a5d-8f27-04007fdcf05d', 'Lobby 🛋', 'lobby 🛋', '01a20f6e-af9e-7039-ab19-07b617b15e57', 90, '5b7d1245070fdb3eea2011037944082022fd974e048eb2959aaa0f0e5b99bcf0', 1795555241915, 1795555241948, '01a20f6e-afa0-7ead-a6cc-6377ae4e2a23', '234e671c22051ad8', 1080, 1920, 'Go-http-client/1.1', NULL);


--
-- Data for Name: session; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.session VALUES ('01a20f6e-aed6-747a-80a0-67a45872ecf1', '01a20f6e-ae15-7ec2-9cdf-67d92f6ddc2d', '7c23a645c4f7abcbe95c181beb5527f9ff9d339624d6606917658fb0797895b5', 'Go-http-client/1.1', 1795555241686, 1795555241686, 1798147241686);


--
-- Data for Name: setup_link; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: slide; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.slide VALUES ('01a20f6e-afa0-7ead-a6cc-6377ae4e2a23', '01a20f6e-af9e-7039-ab19-07b617b15e57', '01a20f6e-af13-7679-afa6-73f3613ca3f7', 0, 0, 'contain');
INSERT INTO public.slide VALUES ('01a20f6e-afa0-7eaa-9da4-cf0fdea41c9b', '01a20f6e-af9e-7039-ab19-07b617b15e57', '01a20f6e-af94-7b1a-b4bf-28b6dcb8b4fc', 1, 0, 'contain');
INSERT INTO public.slide VALUES ('01a20f6e-afa0-7eab-bb8f-562f5075f91b', '01a20f6e-af9e-7039-ab19-07b617b15e57', '01a20f6e-af13-7679-afa6-73f3613ca3f7', 2, 0, 'contain');
INSERT INTO public.slide VALUES ('01a20f6e-afa0-7eac-8eb1-aff0f72c1045', '01a20f6e-af9e-7039-ab19-07b617b15e57', '01a20f6e-af2c-7383-b47b-23d845ea4c51', 3, 0, 'contain');
INSERT INTO public.slide VALUES ('01a20f6e-afb1-739a-8ade-a3df68faa2f0', '01a20f6e-afad-721f-b343-82c93b50725d', '01a20f6e-af2c-7383-b47b-23d845ea4c51', 0, 3000, 'cover');
INSERT INTO public.slide VALUES ('01a20f6e-afb1-739d-abfd-9103d6f07635', '01a20f6e-afad-721f-b343-82c93b50725d', '01a20f6e-af94-7b1a-b4bf-28b6dcb8b4fc', 1, 3000, 'cover');


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


