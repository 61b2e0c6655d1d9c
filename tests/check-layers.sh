#!/bin/sh
# Who may include whom: tests/layers.txt against the #include "folder/file" lines of the tree.
set -eu
cd "${top_srcdir:-.}"
status=0
for f in $(find sim models results qtest cli -name '*.[ch]' | LC_ALL=C sort); do
	folder=$(dirname "$f")
	# A line of the file's own, otherwise its folder's.
	allowed=$(awk -F: -v d="$folder" -v f="$f" '$0 !~ /^#/ { k = $1; gsub(/[ \t]/, "", k)
		if (k == d && !own) { line = $2; found = 1 }
		if (k == f) { line = $2; found = own = 1 } }
		END { print line; exit !found }' tests/layers.txt) || { echo "$f: folder $folder is not in tests/layers.txt"; status=1; continue; }
	case " $allowed " in *" any "*) continue ;; esac
	for inc in $(sed -n 's/^[ \t]*#[ \t]*include "\([^"]*\)".*/\1/p' "$f"); do
		d=$(dirname "$inc")
		case "$inc" in config.h | models/plugins.h) continue ;; esac
		[ "$d" = "$folder" ] && continue
		case " $allowed " in *" $d "*) ;; *) echo "$f: $folder may not include $inc"; status=1 ;; esac
	done
done
exit $status
