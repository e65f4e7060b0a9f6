# For operators and developers who use Atlas' own command line tool. Run it in this folder:
#   atlas migrate status --env sqlite --var url=sqlite:///var/lib/vitrine/vitrine.db
#   atlas schema diff    --env sqlite --from sqlite:///var/lib/vitrine/vitrine.db --to file://sqlite.hcl
# The product itself does not need it: every node brings its own database up to date when it starts.

variable "url" {
  type    = string
  default = ""
}

env "sqlite" {
  url = var.url
  src = "file://sqlite.hcl"
  dev = "sqlite://file?mode=memory"
  migration {
    dir = "file://migrations/sqlite"
  }
}
