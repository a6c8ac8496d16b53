# awk -v n=N -f question.awk doc/howto.md: the SQL of question N of the weekly meeting.
/^#+ / { inside = index($0, "### " n ". ") == 1 }
inside && /^```/ { if (code) exit; code = /^```sql$/; next }
inside && code
