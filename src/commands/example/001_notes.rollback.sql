-- What undoes 001_notes.sql. `supaproof verify` proves that nothing stays.
drop table notes;
drop type note_status;
