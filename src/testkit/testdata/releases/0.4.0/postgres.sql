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

INSERT INTO public.account VALUES ('01a22e5b-4d3e-7842-8528-c71396bc3310', 'ada', 'argon2id:19456:2:1:FiE9QE/o1e7vhh78A6SyEQ:6pwAeRLEPC+2ElH3J1f4iUPigYSzoP5SmfyabUny5B0', 1796074065258);


--
-- Data for Name: api_token; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.api_token VALUES ('01a22e5b-4d72-7bd2-b1aa-962ca1a4d829', '01a22e5b-4d3e-7842-8528-c71396bc3310', 'menu upload 🔑', 'vt_A8BU', '7dcea334c8e02626db73ea93fa4a8cce803c03b438743d6b8515ae9e91041d60', 1796074065266, NULL, NULL);


--
-- Data for Name: atlas_schema_revisions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.atlas_schema_revisions VALUES ('20261124193859', 'initial', 2, 28, 28, '2026-11-30 21:27:45+00', 189292, NULL, NULL, 'D7zkR8lRsp5DZGvnxQF1xJh3vj+7Yidmcvwx4T8FOlY=', NULL, 'vitrine 0.4.0');
INSERT INTO public.atlas_schema_revisions VALUES ('20261124194657', 'screen_connected_until', 2, 1, 1, '2026-11-30 21:27:45+00', 72648, NULL, NULL, 'WGOYIh+ehF0Grl6j6p77a5WGQAkPP47jXTYn/MfAJdI=', NULL, 'vitrine 0.4.0');


--
-- Data for Name: change_entry; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.change_entry VALUES (1, 'media', '01a22e5b-4d78-7b93-9a4b-9bc96131322e', 1796074065270);
INSERT INTO public.change_entry VALUES (2, 'media', '01a22e5b-4d89-7b19-b3ba-4e2de1521148', 1796074065287);
INSERT INTO public.change_entry VALUES (3, 'media', '01a22e5b-4d91-73db-a536-2479968ea353', 1796074065295);
INSERT INTO public.change_entry VALUES (4, 'playlist', '01a22e5b-4d95-786d-8acc-99b00289ca1b', 1796074065301);
INSERT INTO public.change_entry VALUES (5, 'playlist', '01a22e5b-4d95-786d-8acc-99b00289ca1b', 1796074065303);
INSERT INTO public.change_entry VALUES (6, 'playlist', '01a22e5b-4d95-786d-8acc-99b00289ca1b', 1796074065309);
INSERT INTO public.change_entry VALUES (7, 'playlist', '01a22e5b-4da0-75d6-adec-dedeebb1fbcb', 1796074065312);
INSERT INTO public.change_entry VALUES (8, 'playlist', '01a22e5b-4da0-75d6-adec-dedeebb1fbcb', 1796074065313);
INSERT INTO public.change_entry VALUES (9, 'screen', '01a22e5b-4da5-7de4-8e36-8b511071b3b2', 1796074065320);
INSERT INTO public.change_entry VALUES (10, 'screen', '01a22e5b-4dae-7878-91e9-0295f514c514', 1796074065327);


--
-- Data for Name: installation; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.installation VALUES (1, '01a22e5b-4d06-7295-b4e6-04de278ef781', '01a22e5b-4d06-7298-846b-365d15ae0a55', 10, 1796074065158);


--
-- Data for Name: media; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.media VALUES ('01a22e5b-4d78-7b93-9a4b-9bc96131322e', '🍕 Menu.png', '🍕 menu.png', 'picture', 'image/png', 'd5aea09c4dde5cd45e0a137f4a7ddc97d77c36466298e4b634eb600e84795b00', 259, 64, 36, 0, 0, '', 1, 0, 1796074065270);
INSERT INTO public.media VALUES ('01a22e5b-4d89-7b19-b3ba-4e2de1521148', 'Tower 🗼 Größe.jpg', 'tower 🗼 grösse.jpg', 'picture', 'image/jpeg', 'fef4bde2b1394e6c5882f289d7b55b684b44efb26efb3b8a3f4944043eda12c9', 765, 36, 64, 0, 0, '', 1, 0, 1796074065287);
INSERT INTO public.media VALUES ('01a22e5b-4d91-73db-a536-2479968ea353', 'Clip 🎬.webm', 'clip 🎬.webm', 'video', 'video/webm', 'b506058af757d53038ed31bd1184d541dbc313219e4d3fce29a54638aa3d75ce', 16379, 320, 180, 3000, 0, 'vp8', 0, 0, 1796074065295);


--
-- Data for Name: pairing; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pairing VALUES ('01a22e5b-4db2-79a6-abef-c0a3e001fb9f', '6H7YJY', '88990f2a7e96b941a598f9cdc0aca5de1f91041a015d7e203bf57d2287839fa5', 1796074965329);


--
-- Data for Name: playlist; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.playlist VALUES ('01a22e5b-4d95-786d-8acc-99b00289ca1b', 'Café ☕ Größe', 'café ☕ grösse', 7500, 'slide', 1796074065301, 1796074065309);
INSERT INTO public.playlist VALUES ('01a22e5b-4da0-75d6-adec-dedeebb1fbcb', 'Abend 🌙', 'abend 🌙', 10000, 'fade', 1796074065312, 1796074065313);


--
-- Data for Name: rate_limit; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.rate_limit VALUES ('pairing 127.0.0.1', 3, 1796077665316);


--
-- Data for Name: screen; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.screen VALUES ('01a22e5b-4dae-7878-91e9-0295f514c514', 'Never switched on', 'never switched on', NULL, 0, 'd4c6f7525e2ab03466ba523e63bdb552a9e88dadcd464ff2bcebcc2f2330a4d3', 1796074065327, NULL, '', '', 0, 0, '', NULL);
INSERT INTO public.screen VALUES ('01a22e5b-4da5-7de4-8e36-8b511071b3b2', 'Lobby 🛋', 'lobby 🛋', '01a22e5b-4d95-786d-8acc-99b00289ca1b', 90, '6c13777040efc2073e3c7600d99c65897355d398e7108c88df257630f17ad22e', 1796074065320, 1796074065325, '01a22e5b-4d97-7ca3-baa8-6c9cc8c7f7cc', '5bad36efdc060ae8', 1080, 1920, 'Go-http-client/1.1', NULL);


--
-- Data for Name: session; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.session VALUES ('01a22e5b-4d6c-7b0f-a72d-5796316cbef7', '01a22e5b-4d3e-7842-8528-c71396bc3310', '59b7616705be089939026f65a511f49a0ec60aed4f4560c69bde521ae76c9f60', 'Go-http-client/1.1', 1796074065260, 1796074065260, 1798666065260);


--
-- Data for Name: setup_link; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: slide; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.slide VALUES ('01a22e5b-4d97-7ca3-baa8-6c9cc8c7f7cc', '01a22e5b-4d95-786d-8acc-99b00289ca1b', '01a22e5b-4d78-7b93-9a4b-9bc96131322e', 0, 0, 'contain');
INSERT INTO public.slide VALUES ('01a22e5b-4d97-7c9f-a44a-1a1ba0850b88', '01a22e5b-4d95-786d-8acc-99b00289ca1b', '01a22e5b-4d91-73db-a536-2479968ea353', 1, 0, 'contain');
INSERT INTO public.slide VALUES ('01a22e5b-4d97-7ca1-b57c-8fd8a42ce4ee', '01a22e5b-4d95-786d-8acc-99b00289ca1b', '01a22e5b-4d78-7b93-9a4b-9bc96131322e', 2, 0, 'contain');
INSERT INTO public.slide VALUES ('01a22e5b-4d97-7ca2-95af-ac1315b9fe3d', '01a22e5b-4d95-786d-8acc-99b00289ca1b', '01a22e5b-4d89-7b19-b3ba-4e2de1521148', 3, 0, 'contain');
INSERT INTO public.slide VALUES ('01a22e5b-4da1-7d35-b7d5-6ebecf794baa', '01a22e5b-4da0-75d6-adec-dedeebb1fbcb', '01a22e5b-4d89-7b19-b3ba-4e2de1521148', 0, 3000, 'cover');
INSERT INTO public.slide VALUES ('01a22e5b-4da1-7d36-ad5a-e53db0988400', '01a22e5b-4da0-75d6-adec-dedeebb1fbcb', '01a22e5b-4d91-73db-a536-2479968ea353', 1, 3000, 'cover');


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


