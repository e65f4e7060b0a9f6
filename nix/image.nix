# The image of one machine, the same as compose/Dockerfile makes: the program, empty folders, no shell.
#
# Layers are ordered by how seldom they change. Below are the files that Go of nixpkgs looks up at run time (time zones,
# names of protocols and ports, types of files), each in a layer of its own: they change with nixpkgs. On top is the one
# layer with the program, which is all that an edit of the source ships again.
{
  lib,
  dockerTools,
  runCommand,
  jq,
  pigz,
  vitrine,
}:
let
  architecture = vitrine.goarch;
  user = "65532:65532";
  seconds = n: n * 1000000000; # as images count them, in nanoseconds

  # A program that writes the archive to its standard output: nothing large is kept in the store.
  stream = dockerTools.streamLayeredImage {
    name = "vitrine"; # what compose/compose.yaml runs
    tag = "latest";
    inherit architecture;
    created = "1970-01-01T00:00:01Z";
    fakeRootCommands = ''
      install -m 0755 ${lib.getExe vitrine} vitrine
      mkdir -p data/uploads backups
      chmod 1777 data data/uploads backups
      chown -R ${user} data backups
    '';
    config = {
      User = user;
      Entrypoint = [ "/vitrine" ];
      Cmd = [ "serve" ];
      Env = [ "VITRINE_DATA_DIR=/data" ];
      Volumes."/data" = { };
      ExposedPorts."8080/tcp" = { };
      # Asks whether it lives, not whether it is ready: a long migration must not be taken for a fault.
      Healthcheck = {
        Test = [
          "CMD"
          "/vitrine"
          "healthcheck"
        ];
        Interval = seconds 10;
        Timeout = seconds 6;
        StartPeriod = seconds 30;
        Retries = 3;
      };
      Labels = {
        "org.opencontainers.image.title" = "Vitrine";
        "org.opencontainers.image.description" = vitrine.meta.description;
        "org.opencontainers.image.licenses" = "Apache-2.0";
        "org.opencontainers.image.version" = vitrine.declared;
        "org.opencontainers.image.revision" = vitrine.revision;
      };
    };
  };

  # The archive that docker load takes. It is not made unless it is what it should be: for another user than root, and
  # with nothing in it that can be executed but the program, so no shell either.
  archive =
    runCommand "vitrine-image-${architecture}.tar.gz"
      {
        nativeBuildInputs = [
          jq
          pigz
        ];
        passthru = { inherit stream; };
      }
      ''
        ${stream} > image.tar
        mkdir image
        tar -xf image.tar -C image
        config=image/$(jq -r '.[0].Config' image/manifest.json)
        jq -e '.architecture == "${architecture}" and .config.User == "${user}"' "$config" > /dev/null || {
          echo "the image is for another machine or user:" && jq . "$config" && exit 1
        }
        for layer in $(jq -r '.[0].Layers[]' image/manifest.json); do
          tar -tvPf "image/$layer"
        done | awk '$1 ~ /^[-h].*[xs]/ { sub(/^\.?\//, "", $6); print $6 }' > executable
        [ "$(cat executable)" = vitrine ] || {
          echo "more can be executed in the image than the program:" && cat executable && exit 1
        }
        pigz -nT -p "$NIX_BUILD_CORES" < image.tar > $out
      '';
in
{
  inherit stream archive;
}
