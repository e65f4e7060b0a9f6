# What several parts of the module work out of the options.
{ config, lib }:
let
  cfg = config.services.vitrine;

  withoutScheme =
    url:
    lib.removePrefix "file:" (
      if lib.hasPrefix "file:///" url then lib.removePrefix "file://" url else url
    );

  listen = if cfg.settings.listen == null then ":8080" else cfg.settings.listen;
  isUnix = lib.hasPrefix "unix:" listen;
  portMatch = if isUnix then null else builtins.match "(.*):([0-9]{1,5})" listen;
  host = lib.elemAt portMatch 0;

  everywhere = [
    ""
    "*"
    "0.0.0.0"
    "[::]"
  ];

  awkward = "[:space:]\"'\\%$";
  folderPattern = "/[^${awkward}]*[^/${awkward}]";
in
rec {
  # A folder that a unit can name without quotation marks.
  folder = lib.types.strMatching folderPattern // {
    description = "whole path of a folder, without white space, quotation marks, \\, % and $";
  };
  isFolder = path: builtins.match folderPattern path != null;

  # The port that is listened on, or null; and where a proxy on this machine finds Vitrine.
  port = if portMatch == null then null else lib.toIntBase10 (lib.elemAt portMatch 1);
  upstream = "${if lib.elem host everywhere then "127.0.0.1" else host}:${toString port}";
  privileged = port != null && port > 0 && port < 1024;

  # How long requests may take to end when the server is told to stop, in seconds.
  drain =
    let
      given = if cfg.settings.drain_timeout == null then "10s" else cfg.settings.drain_timeout;
      parts = builtins.match "([0-9]{1,3}m)?([0-9]{1,3}s)?" given;
      number =
        text:
        if text == null then 0 else lib.toIntBase10 (lib.substring 0 (lib.stringLength text - 1) text);
    in
    if parts == null then 600 else 60 * number (lib.elemAt parts 0) + number (lib.elemAt parts 1);

  # The folder of a socket file that is listened on: its name below /run, or null.
  runtimeDirectory =
    let
      found = if isUnix then builtins.match "unix:(//)?/run/([^/.][^/]*)/[^/]+" listen else null;
    in
    if found == null then null else lib.elemAt found 1;

  # The folder of the uploads, or null when it is in the data folder or no folder.
  uploads =
    let
      path = withoutScheme cfg.settings.uploads_url;
    in
    if cfg.settings.uploads_url == null || !lib.hasPrefix "/" path || inside cfg.dataDir path then
      null
    else
      path;

  inside = folder: path: path == folder || lib.hasPrefix "${folder}/" path;

  # systemd makes folders below /var/lib for the user of a service. Others are made at boot, for a user that is there then.
  isState = path: inside "/var/lib" path && path != "/var/lib";
  folders =
    paths:
    let
      state = lib.filter isState paths;
      others = lib.filter (path: !isState path) paths;
    in
    {
      service =
        lib.optionalAttrs (state != [ ]) {
          StateDirectory = map (lib.removePrefix "/var/lib/") state;
          StateDirectoryMode = "0700";
        }
        // lib.optionalAttrs (others != [ ]) { ReadWritePaths = others; };
      unit = lib.optionalAttrs (others != [ ]) { RequiresMountsFor = others; };
      tmpfiles = lib.genAttrs others (_: {
        d = {
          inherit (cfg) user group;
          mode = "0700";
        };
      });
    };

  # What every unit runs as, and what it is given.
  identity = {
    User = cfg.user;
    Group = cfg.group;
    DynamicUser = cfg.dynamicUser;
  };
  secrets =
    let
      files = lib.filterAttrs (_: file: file != null) cfg.passwordFiles;
      load = lib.mapAttrsToList (key: file: "${lib.replaceStrings [ "_" ] [ "-" ] key}:${file}") files;
    in
    lib.optionalAttrs (load != [ ]) { LoadCredential = load; }
    // lib.optionalAttrs (cfg.environmentFile != null) { EnvironmentFile = cfg.environmentFile; };

  # Vitrine needs nothing of the system but the network and its folders. See systemd.exec(5).
  hardening = {
    AmbientCapabilities = "";
    CapabilityBoundingSet = "";
    DevicePolicy = "closed";
    LockPersonality = true;
    MemoryDenyWriteExecute = true;
    NoNewPrivileges = true;
    PrivateDevices = true;
    PrivateIPC = true;
    PrivateMounts = true;
    PrivateTmp = true;
    PrivateUsers = true;
    ProcSubset = "pid";
    ProtectClock = true;
    ProtectControlGroups = true;
    ProtectHome = true;
    ProtectHostname = true;
    ProtectKernelLogs = true;
    ProtectKernelModules = true;
    ProtectKernelTunables = true;
    ProtectProc = "invisible";
    ProtectSystem = "strict";
    RemoveIPC = true;
    RestrictAddressFamilies = "AF_INET AF_INET6 AF_UNIX";
    RestrictNamespaces = true;
    RestrictRealtime = true;
    RestrictSUIDSGID = true;
    SystemCallArchitectures = "native";
    SystemCallErrorNumber = "EPERM";
    SystemCallFilter = [
      "@system-service"
      "~@privileged @resources"
    ];
    UMask = "0077";
  };
}
