# What people write into their configuration, the mistakes too.
let
  vitrine = settings: {
    services.vitrine = {
      enable = true;
    }
    // settings;
  };
  secret = "/run/secrets/vitrine";
in
{
  off = { };

  sqlite = vitrine { passwordFiles.admin_password = secret; };

  postgres = vitrine { database.type = "postgres"; };

  mariadb = vitrine { database.type = "mariadb"; };

  elsewhere = vitrine {
    database = {
      type = "postgres";
      createLocally = false;
    };
    settings = {
      database_host = "db.example.org";
      database_tls = "verify";
      database_ca_file = "/etc/ssl/certs/database-ca.pem";
    };
    passwordFiles.database_password = secret;
  };

  url = vitrine {
    database = {
      type = "mariadb";
      createLocally = false;
    };
    passwordFiles.database_url = secret;
    environmentFile = "/run/secrets/vitrine.env";
  };

  settings = vitrine {
    openFirewall = true;
    settings = {
      listen = ":80";
      max_upload_size = "500MB";
      max_pixels = 24;
      allow_network_filesystem = true;
      metrics_networks = [
        "127.0.0.0/8"
        "10.1.0.0/16"
      ];
    };
  };

  folders = vitrine {
    dynamicUser = false;
    dataDir = "/srv/vitrine";
    settings = {
      uploads_url = "file:///mnt/uploads";
      drain_timeout = "1m30s";
    };
    backup = {
      enable = true;
      directory = "/mnt/backup";
    };
  };

  socket = vitrine { settings.listen = "unix:/run/vitrine/vitrine.sock"; };

  backup = vitrine {
    backup = {
      enable = true;
      schedule = "hourly";
      keep = {
        daily = 14;
        weekly = 8;
      };
    };
  };

  nginx = vitrine {
    hostName = "signs.example.org";
    openFirewall = true;
    nginx.enable = true;
  };

  # With a certificate of one's own, and what one adds to the virtual host.
  nginxOwn.imports = [
    (vitrine {
      hostName = "signs.example.org";
      nginx.enable = true;
      settings.listen = ":9090";
    })
    { services.nginx.virtualHosts."signs.example.org".enableACME = false; }
  ];

  caddy = vitrine {
    hostName = "signs.example.org";
    caddy.enable = true;
  };
  caddyPlain = vitrine {
    hostName = "signs.lan";
    https = false;
    caddy.enable = true;
  };

  kiosk = {
    services.vitrine.kiosk = {
      enable = true;
      url = "http://192.168.1.10:8080/screen";
      rotation = 90;
    };
  };

  both.imports = [
    (vitrine { })
    { services.vitrine.kiosk.enable = true; }
  ];

  # From here on: each is wrong in one way.
  wrongSetting = vitrine { settings.max_uplaod_size = "500MB"; };
  strangeSetting = vitrine { settings.colour = "blue"; };
  secretSetting = vitrine { settings.admin_password = "three or four words"; };
  secretFileSetting = vitrine { settings.database_password_file = "/run/secrets/x"; };
  typeSetting = vitrine { settings.database_type = "postgres"; };
  wrongFolder = vitrine { dataDir = "/srv/vitrine"; };
  wrongUploads = vitrine { settings.uploads_url = "/srv/uploads"; };
  spacedUploads = vitrine {
    dynamicUser = false;
    settings.uploads_url = "/srv/my uploads";
  };
  wrongBackup = vitrine {
    backup = {
      enable = true;
      directory = "/mnt/backup";
    };
  };
  keepNone = vitrine {
    backup = {
      enable = true;
      keep = {
        daily = 0;
        weekly = 0;
      };
    };
  };
  nowhere = vitrine {
    database = {
      type = "mariadb";
      createLocally = false;
    };
  };
  localHost = vitrine {
    database.type = "postgres";
    settings.database_host = "db.example.org";
  };
  localPassword = vitrine {
    database.type = "postgres";
    passwordFiles.database_password = secret;
  };
  twice = vitrine {
    database = {
      type = "postgres";
      createLocally = false;
    };
    settings.database_host = "db.example.org";
    passwordFiles.database_url = secret;
  };
  unnamed = vitrine { nginx.enable = true; };
  proxies = vitrine {
    hostName = "signs.example.org";
    nginx.enable = true;
    caddy.enable = true;
  };
  proxySocket = vitrine {
    hostName = "signs.example.org";
    caddy.enable = true;
    settings.listen = "unix:/run/vitrine/v.sock";
  };
  firewallSocket = vitrine {
    openFirewall = true;
    settings.listen = "inherited";
  };

  # These do not evaluate at all: NixOS' own words about options and types are good enough.
  misspelt = vitrine { opnFirewall = true; };
  misspeltKiosk = {
    services.vitrine.kiosk.ur1 = "x";
  };
  wrongType = vitrine { settings.allow_network_filesystem = "yes"; };
  storeSecret = vitrine {
    passwordFiles.admin_password = "/nix/store/00000000000000000000000000000000-password";
  };
  wrongRotation = {
    services.vitrine.kiosk = {
      enable = true;
      rotation = 45;
    };
  };
}
