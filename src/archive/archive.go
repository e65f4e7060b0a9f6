// Package archive holds everything of an installation, every row and every upload, in a form that no database owns. What
// is written is described in docs/archive-format.md.
package archive
