/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: 127.0.0.1    Database: vitrine
-- ------------------------------------------------------
-- Server version	10.11.19-MariaDB-0+deb12u1

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;

--
-- Table structure for table `account`
--

DROP TABLE IF EXISTS `account`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `account` (
  `id` varchar(36) NOT NULL,
  `username` varchar(64) NOT NULL,
  `password_hash` varchar(255) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `account_username` (`username`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `account`
--

LOCK TABLES `account` WRITE;
/*!40000 ALTER TABLE `account` DISABLE KEYS */;
INSERT INTO `account` VALUES ('01a22e5b-f4b2-77df-9ff6-bdfe08c9932b','ada','argon2id:19456:2:1:IhJVi0xF0EHl33AeQfVsJg:+lLTu375P4PITClOO0HmhJUUl2spma/47s0983Ld/Fs',1796074108125);
/*!40000 ALTER TABLE `account` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `api_token`
--

DROP TABLE IF EXISTS `api_token`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `api_token` (
  `id` varchar(36) NOT NULL,
  `account_id` varchar(36) NOT NULL,
  `name` varchar(120) NOT NULL,
  `hint` varchar(32) NOT NULL,
  `secret_hash` varchar(64) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `used_at` bigint(20) DEFAULT NULL,
  `expires_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `api_token_secret_hash` (`secret_hash`),
  KEY `api_token_account_id` (`account_id`),
  CONSTRAINT `api_token_account` FOREIGN KEY (`account_id`) REFERENCES `account` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `api_token`
--

LOCK TABLES `api_token` WRITE;
/*!40000 ALTER TABLE `api_token` DISABLE KEYS */;
INSERT INTO `api_token` VALUES ('01a22e5b-f4e3-7107-8669-3385cdcf9df6','01a22e5b-f4b2-77df-9ff6-bdfe08c9932b','menu upload 🔑','vt_BSEe','b6b7739c8155c716035fd92e2d951331e4b4a07a9b266f4996bc51b881b0f801',1796074108131,NULL,NULL);
/*!40000 ALTER TABLE `api_token` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `atlas_schema_revisions`
--

DROP TABLE IF EXISTS `atlas_schema_revisions`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `atlas_schema_revisions` (
  `version` varchar(255) NOT NULL,
  `description` varchar(255) NOT NULL,
  `type` bigint(20) unsigned NOT NULL DEFAULT 2,
  `applied` bigint(20) NOT NULL DEFAULT 0,
  `total` bigint(20) NOT NULL DEFAULT 0,
  `executed_at` timestamp NULL DEFAULT NULL,
  `execution_time` bigint(20) NOT NULL,
  `error` longtext DEFAULT NULL,
  `error_stmt` longtext DEFAULT NULL,
  `hash` varchar(255) NOT NULL,
  `partial_hashes` longtext DEFAULT NULL CHECK (json_valid(`partial_hashes`)),
  `operator_version` varchar(255) NOT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `atlas_schema_revisions`
--

LOCK TABLES `atlas_schema_revisions` WRITE;
/*!40000 ALTER TABLE `atlas_schema_revisions` DISABLE KEYS */;
INSERT INTO `atlas_schema_revisions` VALUES ('20261124193859','initial',2,12,12,'2026-11-30 21:28:28',234699,NULL,NULL,'ZfvpXv2S/wRFZIC9p32ZtTX7XSK8OdcOi6kvSg4+dsI=',NULL,'vitrine 0.5.0');
INSERT INTO `atlas_schema_revisions` VALUES ('20261124194657','screen_connected_until',2,1,1,'2026-11-30 21:28:28',371923,NULL,NULL,'uTzipmgFgOKpiz+Yoj8MLkBzhJ0RRBAhvoGt7uz8+h4=',NULL,'vitrine 0.5.0');
/*!40000 ALTER TABLE `atlas_schema_revisions` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `change_entry`
--

DROP TABLE IF EXISTS `change_entry`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `change_entry` (
  `number` bigint(20) NOT NULL,
  `kind` varchar(32) NOT NULL,
  `subject` varchar(36) NOT NULL,
  `at` bigint(20) NOT NULL,
  PRIMARY KEY (`number`),
  KEY `change_entry_at` (`at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `change_entry`
--

LOCK TABLES `change_entry` WRITE;
/*!40000 ALTER TABLE `change_entry` DISABLE KEYS */;
INSERT INTO `change_entry` VALUES (1,'media','01a22e5b-f4e6-7bf3-ad45-56788aa5302d',1796074108132);
INSERT INTO `change_entry` VALUES (2,'media','01a22e5b-f4ef-7830-8563-6f582896186c',1796074108141);
INSERT INTO `change_entry` VALUES (3,'media','01a22e5b-f4f6-762b-a5a1-b21b995ce853',1796074108148);
INSERT INTO `change_entry` VALUES (4,'playlist','01a22e5b-f4fa-7e12-924e-5bf6a056fd36',1796074108154);
INSERT INTO `change_entry` VALUES (5,'playlist','01a22e5b-f4fa-7e12-924e-5bf6a056fd36',1796074108156);
INSERT INTO `change_entry` VALUES (6,'playlist','01a22e5b-f4fa-7e12-924e-5bf6a056fd36',1796074108160);
INSERT INTO `change_entry` VALUES (7,'playlist','01a22e5b-f503-7339-afdd-63831c73bd8e',1796074108163);
INSERT INTO `change_entry` VALUES (8,'playlist','01a22e5b-f503-7339-afdd-63831c73bd8e',1796074108164);
INSERT INTO `change_entry` VALUES (9,'screen','01a22e5b-f509-7003-a64d-c72475d5ff94',1796074108170);
INSERT INTO `change_entry` VALUES (10,'screen','01a22e5b-f510-76a8-b426-3fea00be5a04',1796074108178);
/*!40000 ALTER TABLE `change_entry` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `installation`
--

DROP TABLE IF EXISTS `installation`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `installation` (
  `one` bigint(20) NOT NULL,
  `id` varchar(36) NOT NULL,
  `epoch` varchar(64) NOT NULL,
  `head` bigint(20) NOT NULL DEFAULT 0,
  `created_at` bigint(20) NOT NULL,
  PRIMARY KEY (`one`),
  CONSTRAINT `installation_one` CHECK (`one` = 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `installation`
--

LOCK TABLES `installation` WRITE;
/*!40000 ALTER TABLE `installation` DISABLE KEYS */;
INSERT INTO `installation` VALUES (1,'01a22e5b-f499-76a4-bf27-8f4e07ea63ac','01a22e5b-f499-76a9-9d7e-d7cc67e2aa5e',10,1796074108057);
/*!40000 ALTER TABLE `installation` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `media`
--

DROP TABLE IF EXISTS `media`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `media` (
  `id` varchar(36) NOT NULL,
  `name` varchar(120) NOT NULL,
  `name_key` varchar(360) NOT NULL,
  `kind` varchar(32) NOT NULL,
  `content_type` varchar(120) NOT NULL,
  `sha256` varchar(64) NOT NULL,
  `size` bigint(20) NOT NULL,
  `width` bigint(20) NOT NULL,
  `height` bigint(20) NOT NULL,
  `duration_ms` bigint(20) NOT NULL,
  `animated` bigint(20) NOT NULL,
  `codecs` varchar(512) NOT NULL,
  `thumbnail` bigint(20) NOT NULL,
  `display` bigint(20) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `media_sha256` (`sha256`),
  CONSTRAINT `media_kind` CHECK (`kind` in ('picture','video')),
  CONSTRAINT `media_animated` CHECK (`animated` in (0,1)),
  CONSTRAINT `media_thumbnail` CHECK (`thumbnail` in (0,1)),
  CONSTRAINT `media_display` CHECK (`display` in (0,1))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `media`
--

LOCK TABLES `media` WRITE;
/*!40000 ALTER TABLE `media` DISABLE KEYS */;
INSERT INTO `media` VALUES ('01a22e5b-f4e6-7bf3-ad45-56788aa5302d','🍕 Menu.png','🍕 menu.png','picture','image/png','d5aea09c4dde5cd45e0a137f4a7ddc97d77c36466298e4b634eb600e84795b00',259,64,36,0,0,'',1,0,1796074108132);
INSERT INTO `media` VALUES ('01a22e5b-f4ef-7830-8563-6f582896186c','Tower 🗼 Größe.jpg','tower 🗼 grösse.jpg','picture','image/jpeg','fef4bde2b1394e6c5882f289d7b55b684b44efb26efb3b8a3f4944043eda12c9',765,36,64,0,0,'',1,0,1796074108141);
INSERT INTO `media` VALUES ('01a22e5b-f4f6-762b-a5a1-b21b995ce853','Clip 🎬.webm','clip 🎬.webm','video','video/webm','b506058af757d53038ed31bd1184d541dbc313219e4d3fce29a54638aa3d75ce',16379,320,180,3000,0,'vp8',0,0,1796074108148);
/*!40000 ALTER TABLE `media` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `pairing`
--

DROP TABLE IF EXISTS `pairing`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `pairing` (
  `id` varchar(36) NOT NULL,
  `code` varchar(16) NOT NULL,
  `secret_hash` varchar(64) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `pairing_code` (`code`),
  UNIQUE KEY `pairing_secret_hash` (`secret_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `pairing`
--

LOCK TABLES `pairing` WRITE;
/*!40000 ALTER TABLE `pairing` DISABLE KEYS */;
INSERT INTO `pairing` VALUES ('01a22e5b-f514-7d15-b95c-2a56ea027022','EPNYGT','810b749208e2827277595833b70a5e0c068f0a9aee88bafeeac82c57c948f20f',1796075008180);
/*!40000 ALTER TABLE `pairing` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `playlist`
--

DROP TABLE IF EXISTS `playlist`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `playlist` (
  `id` varchar(36) NOT NULL,
  `name` varchar(120) NOT NULL,
  `name_key` varchar(360) NOT NULL,
  `default_duration_ms` bigint(20) NOT NULL,
  `transition` varchar(32) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `playlist_name_key` (`name_key`),
  CONSTRAINT `playlist_default_duration_ms` CHECK (`default_duration_ms` > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `playlist`
--

LOCK TABLES `playlist` WRITE;
/*!40000 ALTER TABLE `playlist` DISABLE KEYS */;
INSERT INTO `playlist` VALUES ('01a22e5b-f4fa-7e12-924e-5bf6a056fd36','Café ☕ Größe','café ☕ grösse',7500,'slide',1796074108154,1796074108160);
INSERT INTO `playlist` VALUES ('01a22e5b-f503-7339-afdd-63831c73bd8e','Abend 🌙','abend 🌙',10000,'fade',1796074108163,1796074108164);
/*!40000 ALTER TABLE `playlist` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `rate_limit`
--

DROP TABLE IF EXISTS `rate_limit`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `rate_limit` (
  `name` varchar(160) NOT NULL,
  `tries` bigint(20) NOT NULL,
  `resets_at` bigint(20) NOT NULL,
  PRIMARY KEY (`name`),
  KEY `rate_limit_resets_at` (`resets_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `rate_limit`
--

LOCK TABLES `rate_limit` WRITE;
/*!40000 ALTER TABLE `rate_limit` DISABLE KEYS */;
INSERT INTO `rate_limit` VALUES ('pairing 127.0.0.1',3,1796077708168);
/*!40000 ALTER TABLE `rate_limit` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `screen`
--

DROP TABLE IF EXISTS `screen`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `screen` (
  `id` varchar(36) NOT NULL,
  `name` varchar(120) NOT NULL,
  `name_key` varchar(360) NOT NULL,
  `playlist_id` varchar(36) DEFAULT NULL,
  `rotation` bigint(20) NOT NULL,
  `secret_hash` varchar(64) NOT NULL,
  `paired_at` bigint(20) NOT NULL,
  `seen_at` bigint(20) DEFAULT NULL,
  `slide_id` varchar(36) NOT NULL,
  `version` varchar(64) NOT NULL,
  `width` bigint(20) NOT NULL,
  `height` bigint(20) NOT NULL,
  `user_agent` varchar(255) NOT NULL,
  `connected_until` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `screen_name_key` (`name_key`),
  UNIQUE KEY `screen_secret_hash` (`secret_hash`),
  KEY `screen_playlist_id` (`playlist_id`),
  CONSTRAINT `screen_playlist` FOREIGN KEY (`playlist_id`) REFERENCES `playlist` (`id`) ON DELETE SET NULL,
  CONSTRAINT `screen_rotation` CHECK (`rotation` in (0,90,180,270))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `screen`
--

LOCK TABLES `screen` WRITE;
/*!40000 ALTER TABLE `screen` DISABLE KEYS */;
INSERT INTO `screen` VALUES ('01a22e5b-f509-7003-a64d-c72475d5ff94','Lobby 🛋','lobby 🛋','01a22e5b-f4fa-7e12-924e-5bf6a056fd36',90,'96c3af1018010030eae66f61072bcd438c208fcd55d230d98dbdeb9fff314240',1796074108170,1796074108175,'01a22e5b-f4fc-77b0-b960-50a9872db555','6f64f0f765a4d441',1080,1920,'Go-http-client/1.1',NULL);
INSERT INTO `screen` VALUES ('01a22e5b-f510-76a8-b426-3fea00be5a04','Never switched on','never switched on',NULL,0,'4008e34c90b788b8cce571cfc809271fae71e5478870cc377914c0710148fc8b',1796074108178,NULL,'','',0,0,'',NULL);
/*!40000 ALTER TABLE `screen` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `session`
--

DROP TABLE IF EXISTS `session`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `session` (
  `id` varchar(36) NOT NULL,
  `account_id` varchar(36) NOT NULL,
  `secret_hash` varchar(64) NOT NULL,
  `user_agent` varchar(255) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `seen_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `session_secret_hash` (`secret_hash`),
  KEY `session_account_id` (`account_id`),
  CONSTRAINT `session_account` FOREIGN KEY (`account_id`) REFERENCES `account` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `session`
--

LOCK TABLES `session` WRITE;
/*!40000 ALTER TABLE `session` DISABLE KEYS */;
INSERT INTO `session` VALUES ('01a22e5b-f4de-7a1f-90f2-e431a5cf7536','01a22e5b-f4b2-77df-9ff6-bdfe08c9932b','c709eac657483dadd01509406364c1197f2f00a3076a1ede02aacce0fd1f2932','Go-http-client/1.1',1796074108126,1796074108126,1798666108126);
/*!40000 ALTER TABLE `session` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `setup_link`
--

DROP TABLE IF EXISTS `setup_link`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `setup_link` (
  `secret_hash` varchar(64) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`secret_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `setup_link`
--

LOCK TABLES `setup_link` WRITE;
/*!40000 ALTER TABLE `setup_link` DISABLE KEYS */;
/*!40000 ALTER TABLE `setup_link` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `slide`
--

DROP TABLE IF EXISTS `slide`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `slide` (
  `id` varchar(36) NOT NULL,
  `playlist_id` varchar(36) NOT NULL,
  `media_id` varchar(36) NOT NULL,
  `position` bigint(20) NOT NULL,
  `duration_ms` bigint(20) NOT NULL,
  `fit` varchar(32) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `slide_playlist_id` (`playlist_id`,`position`),
  KEY `slide_media_id` (`media_id`),
  CONSTRAINT `slide_media` FOREIGN KEY (`media_id`) REFERENCES `media` (`id`),
  CONSTRAINT `slide_playlist` FOREIGN KEY (`playlist_id`) REFERENCES `playlist` (`id`) ON DELETE CASCADE,
  CONSTRAINT `slide_duration_ms` CHECK (`duration_ms` >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `slide`
--

LOCK TABLES `slide` WRITE;
/*!40000 ALTER TABLE `slide` DISABLE KEYS */;
INSERT INTO `slide` VALUES ('01a22e5b-f4fc-77ac-a95c-c33e6ef17aec','01a22e5b-f4fa-7e12-924e-5bf6a056fd36','01a22e5b-f4f6-762b-a5a1-b21b995ce853',1,0,'contain');
INSERT INTO `slide` VALUES ('01a22e5b-f4fc-77ae-9998-496729ecd58e','01a22e5b-f4fa-7e12-924e-5bf6a056fd36','01a22e5b-f4e6-7bf3-ad45-56788aa5302d',2,0,'contain');
INSERT INTO `slide` VALUES ('01a22e5b-f4fc-77af-95ef-a8a745751e0a','01a22e5b-f4fa-7e12-924e-5bf6a056fd36','01a22e5b-f4ef-7830-8563-6f582896186c',3,0,'contain');
INSERT INTO `slide` VALUES ('01a22e5b-f4fc-77b0-b960-50a9872db555','01a22e5b-f4fa-7e12-924e-5bf6a056fd36','01a22e5b-f4e6-7bf3-ad45-56788aa5302d',0,0,'contain');
INSERT INTO `slide` VALUES ('01a22e5b-f504-7dcb-8fa5-d12df7a8f734','01a22e5b-f503-7339-afdd-63831c73bd8e','01a22e5b-f4ef-7830-8563-6f582896186c',0,3000,'cover');
INSERT INTO `slide` VALUES ('01a22e5b-f504-7dcc-9832-dd53e37183df','01a22e5b-f503-7339-afdd-63831c73bd8e','01a22e5b-f4f6-762b-a5a1-b21b995ce853',1,3000,'cover');
/*!40000 ALTER TABLE `slide` ENABLE KEYS */;
UNLOCK TABLES;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed
