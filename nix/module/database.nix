# Where the rows are kept. A local server is reached by its socket, where it knows the user from the system: no password.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.services.vitrine;
  db = cfg.database;
  hasServer = db.type != "sqlite";
  isLocal = hasServer && db.createLocally;
  byURL = cfg.passwordFiles.database_url != null;
  here = {
    database_host =
      {
        postgres = "/run/postgresql";
        mariadb = "/run/mysqld/mysqld.sock";
      }
      .${db.type} or null;
    database_name = cfg.user;
    database_user = cfg.user;
  };
  # What the settings say otherwise of a server that is made here.
  contrary = lib.filter (name: cfg.settings.${name} != here.${name} or null) (
    lib.attrNames here
    ++ [
      "database_port"
      "database_tls"
      "database_ca_file"
    ]
  );
in
{
  options.services.vitrine.database = {
    type = mkOption {
      type = types.enum [
        "sqlite"
        "postgres"
        "mariadb"
      ];
      default = "sqlite";
      description = "Which database keeps the rows. SQLite is a file in the data folder and needs nothing else.";
    };

    createLocally = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether PostgreSQL or MariaDB runs on this machine and is set up here: with a database and its owner of the name
        `user`, reached by a socket, without a password. With `false`, say where the server is: by
        `settings.database_host` and `passwordFiles.database_password`, or by `passwordFiles.database_url`. With SQLite it
        means nothing.
      '';
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        services.vitrine.settings = lib.mkMerge [
          (lib.mkIf (hasServer && !byURL) { database_type = db.type; })
          (lib.mkIf isLocal (lib.mapAttrs (_: lib.mkDefault) here))
        ];

        assertions = [
          {
            assertion = cfg.settings.database_type != null -> hasServer;
            message =
              "services.vitrine.settings.database_type is set. Say services.vitrine.database.type = "
              + "\"${toString cfg.settings.database_type}\"; instead, so that the rest of the module knows of it.";
          }
          {
            assertion = isLocal -> contrary == [ ];
            message =
              "services.vitrine.settings.${
                toString (lib.head (contrary ++ [ "" ]))
              } is for a server elsewhere, but "
              + "services.vitrine.database.createLocally makes one on this machine. Remove the setting, or "
              + "set services.vitrine.database.createLocally = false;";
          }
          {
            assertion = isLocal -> !byURL && cfg.passwordFiles.database_password == null;
            message =
              "services.vitrine.passwordFiles holds a password for the database, but the server that "
              + "services.vitrine.database.createLocally makes needs none: it knows the user from the system. Remove the "
              + "password file, or, for a server elsewhere, set services.vitrine.database.createLocally = false;";
          }
          {
            assertion =
              hasServer && !isLocal -> byURL || cfg.settings.database_host != null || cfg.environmentFile != null;
            message =
              "services.vitrine.database.type is \"${db.type}\", but nothing says where the server is. Set "
              + "services.vitrine.settings.database_host or services.vitrine.passwordFiles.database_url; or let "
              + "services.vitrine.database.createLocally = true; make one here.";
          }
          {
            assertion =
              byURL
              -> lib.all (name: cfg.settings.${name} == null) [
                "database_host"
                "database_name"
                "database_user"
              ];
            message =
              "services.vitrine.passwordFiles.database_url says all of the database, and so do settings that begin with "
              + "database_. Keep one or the other.";
          }
        ];
      }

      (lib.mkIf (isLocal && db.type == "postgres") {
        services.postgresql = {
          enable = true;
          ensureDatabases = [ cfg.user ];
          ensureUsers = [
            {
              name = cfg.user;
              ensureDBOwnership = true;
            }
          ];
        };
        # The target is reached when the user and the database have been made too. Wanted, not required: Vitrine bears a
        # database that is restarted, and says in /readyz what is wrong with one that does not start.
        systemd.services.vitrine = {
          after = [ "postgresql.target" ];
          wants = [ "postgresql.target" ];
        };
      })

      (lib.mkIf (isLocal && db.type == "mariadb") {
        services.mysql = {
          enable = true;
          package = lib.mkDefault pkgs.mariadb;
          ensureDatabases = [ cfg.user ];
          ensureUsers = [
            {
              name = cfg.user;
              ensurePermissions."${cfg.user}.*" = "ALL PRIVILEGES";
            }
          ];
        };
        systemd.services.vitrine = {
          after = [ "mysql.service" ];
          wants = [ "mysql.service" ];
        };
      })
    ]
  );
}
