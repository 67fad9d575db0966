"""Pictures of one's own: found in folders and zips, matched as pairs, and cut."""
