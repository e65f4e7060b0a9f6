# For operators and developers who use Atlas' own command line tool, in this folder; docs/databases.md says how. The
# program does not need it: every node brings its own database up to date when it starts.
#
#   atlas migrate status --env postgres --var url="postgres://vitrine:…@db.example/vitrine"
#
# url is the database, dev an empty one of the same kind to think in, which is left empty. schema is the schema of
# PostgreSQL that holds the tables, or the database of MariaDB.

variable "url" {
  type    = string
  default = ""
}

variable "dev" {
  type    = string
  default = ""
}

variable "schema" {
  type    = string
  default = "public"
}

data "hcl_schema" "postgres" {
  path = "postgres.hcl"
  vars = {
    schema = var.schema
  }
}

data "hcl_schema" "mariadb" {
  path = "mariadb.hcl"
  vars = {
    schema = var.schema
  }
}

env "sqlite" {
  url = var.url
  src = "file://sqlite.hcl"
  dev = "sqlite://file?mode=memory"
  migration {
    dir = "file://migrations/sqlite"
  }
}

env "postgres" {
  url     = var.url
  src     = data.hcl_schema.postgres.url
  dev     = var.dev
  schemas = [var.schema]
  migration {
    dir              = "file://migrations/postgres"
    revisions_schema = var.schema
  }
  # The schema itself belongs to whoever made it.
  diff {
    skip {
      modify_schema = true
    }
  }
}

env "mariadb" {
  url = var.url
  src = data.hcl_schema.mariadb.url
  dev = var.dev
  migration {
    dir = "file://migrations/mariadb"
  }
  # The character set of the database belongs to whoever made it; each table has its own.
  diff {
    skip {
      modify_schema = true
    }
  }
}
