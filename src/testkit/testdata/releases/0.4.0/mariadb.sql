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
INSERT INTO `account` VALUES ('01a22e5b-5063-795e-9e4b-20f52a3e5332','ada','argon2id:19456:2:1:vdlEzrvPMNH6vC49npxijw:QYskrtO7e0czaCT4Lm17H+zjRU+UGel6cUzvjG9PhI0',1796074066064);
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
INSERT INTO `api_token` VALUES ('01a22e5b-5096-78b6-89dc-2dccb664ab61','01a22e5b-5063-795e-9e4b-20f52a3e5332','menu upload 🔑','vt_Qjif','e781037582fad9d204a4c810159ebf759ff74ba2db572c402fe18189baa2810d',1796074066070,NULL,NULL);
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
INSERT INTO `atlas_schema_revisions` VALUES ('20261124193859','initial',2,12,12,'2026-11-30 21:27:45',196763,NULL,NULL,'ZfvpXv2S/wRFZIC9p32ZtTX7XSK8OdcOi6kvSg4+dsI=',NULL,'vitrine 0.4.0');
INSERT INTO `atlas_schema_revisions` VALUES ('20261124194657','screen_connected_until',2,1,1,'2026-11-30 21:27:45',273722,NULL,NULL,'uTzipmgFgOKpiz+Yoj8MLkBzhJ0RRBAhvoGt7uz8+h4=',NULL,'vitrine 0.4.0');
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
INSERT INTO `change_entry` VALUES (1,'media','01a22e5b-509a-797f-9118-3d7e0f1bc800',1796074066072);
INSERT INTO `change_entry` VALUES (2,'media','01a22e5b-50a3-7452-a252-9555721d1328',1796074066081);
INSERT INTO `change_entry` VALUES (3,'media','01a22e5b-50ab-713a-9648-c6b9f684e941',1796074066089);
INSERT INTO `change_entry` VALUES (4,'playlist','01a22e5b-50b0-7402-b33b-4aa0e203aab8',1796074066096);
INSERT INTO `change_entry` VALUES (5,'playlist','01a22e5b-50b0-7402-b33b-4aa0e203aab8',1796074066098);
INSERT INTO `change_entry` VALUES (6,'playlist','01a22e5b-50b0-7402-b33b-4aa0e203aab8',1796074066102);
INSERT INTO `change_entry` VALUES (7,'playlist','01a22e5b-50b9-79f3-973c-f1351060741f',1796074066105);
INSERT INTO `change_entry` VALUES (8,'playlist','01a22e5b-50b9-79f3-973c-f1351060741f',1796074066108);
INSERT INTO `change_entry` VALUES (9,'screen','01a22e5b-50c0-7c97-b28d-281497fadcc1',1796074066115);
INSERT INTO `change_entry` VALUES (10,'screen','01a22e5b-50ca-709a-a656-5497f48aeeb8',1796074066124);
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
INSERT INTO `installation` VALUES (1,'01a22e5b-504b-779e-9577-c88e6bfd9971','01a22e5b-504b-77a2-90f7-f12a3a0c3578',10,1796074065995);
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
INSERT INTO `media` VALUES ('01a22e5b-509a-797f-9118-3d7e0f1bc800','🍕 Menu.png','🍕 menu.png','picture','image/png','d5aea09c4dde5cd45e0a137f4a7ddc97d77c36466298e4b634eb600e84795b00',259,64,36,0,0,'',1,0,1796074066072);
INSERT INTO `media` VALUES ('01a22e5b-50a3-7452-a252-9555721d1328','Tower 🗼 Größe.jpg','tower 🗼 grösse.jpg','picture','image/jpeg','fef4bde2b1394e6c5882f289d7b55b684b44efb26efb3b8a3f4944043eda12c9',765,36,64,0,0,'',1,0,1796074066081);
INSERT INTO `media` VALUES ('01a22e5b-50ab-713a-9648-c6b9f684e941','Clip 🎬.webm','clip 🎬.webm','video','video/webm','b506058af757d53038ed31bd1184d541dbc313219e4d3fce29a54638aa3d75ce',16379,320,180,3000,0,'vp8',0,0,1796074066089);
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
INSERT INTO `pairing` VALUES ('01a22e5b-50cf-784f-a934-2e630c75b956','D7WYW7','c15f7bd2f4d003c9424fc65a986380ac584507d3f9f159a135a146726dab2f5c',1796074966126);
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
INSERT INTO `playlist` VALUES ('01a22e5b-50b0-7402-b33b-4aa0e203aab8','Café ☕ Größe','café ☕ grösse',7500,'slide',1796074066096,1796074066102);
INSERT INTO `playlist` VALUES ('01a22e5b-50b9-79f3-973c-f1351060741f','Abend 🌙','abend 🌙',10000,'fade',1796074066105,1796074066108);
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
INSERT INTO `rate_limit` VALUES ('pairing 127.0.0.1',3,1796077666111);
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
INSERT INTO `screen` VALUES ('01a22e5b-50c0-7c97-b28d-281497fadcc1','Lobby 🛋','lobby 🛋','01a22e5b-50b0-7402-b33b-4aa0e203aab8',90,'d56e2fe164211c07d91356000f5679d91f921ae95036d72201983714ae115b6b',1796074066115,1796074066120,'01a22e5b-50b2-7571-92ad-f051202aad61','7af95393121288d4',1080,1920,'Go-http-client/1.1',NULL);
INSERT INTO `screen` VALUES ('01a22e5b-50ca-709a-a656-5497f48aeeb8','Never switched on','never switched on',NULL,0,'dc749a89dafefc70a46323db91d33d0c08137fe7616146031b507359492e3c66',1796074066124,NULL,'','',0,0,'',NULL);
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
INSERT INTO `session` VALUES ('01a22e5b-5092-7590-affc-0c2a2310fc96','01a22e5b-5063-795e-9e4b-20f52a3e5332','5d8af05371b3df7d02f7dff42318127b6a16c455410cde3ddd5cc4960f060780','Go-http-client/1.1',1796074066066,1796074066066,1798666066066);
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
INSERT INTO `slide` VALUES ('01a22e5b-50b2-756d-a516-d2d30f7d5614','01a22e5b-50b0-7402-b33b-4aa0e203aab8','01a22e5b-50ab-713a-9648-c6b9f684e941',1,0,'contain');
INSERT INTO `slide` VALUES ('01a22e5b-50b2-756e-8e8f-adf18697e8b2','01a22e5b-50b0-7402-b33b-4aa0e203aab8','01a22e5b-509a-797f-9118-3d7e0f1bc800',2,0,'contain');
INSERT INTO `slide` VALUES ('01a22e5b-50b2-7570-9b94-6dcbe4ef226c','01a22e5b-50b0-7402-b33b-4aa0e203aab8','01a22e5b-50a3-7452-a252-9555721d1328',3,0,'contain');
INSERT INTO `slide` VALUES ('01a22e5b-50b2-7571-92ad-f051202aad61','01a22e5b-50b0-7402-b33b-4aa0e203aab8','01a22e5b-509a-797f-9118-3d7e0f1bc800',0,0,'contain');
INSERT INTO `slide` VALUES ('01a22e5b-50bc-7220-ae15-ca53d86bfbb1','01a22e5b-50b9-79f3-973c-f1351060741f','01a22e5b-50a3-7452-a252-9555721d1328',0,3000,'cover');
INSERT INTO `slide` VALUES ('01a22e5b-50bc-7222-bb23-aef39c69f5fd','01a22e5b-50b9-79f3-973c-f1351060741f','01a22e5b-50ab-713a-9648-c6b9f684e941',1,3000,'cover');
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
