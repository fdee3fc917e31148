//! One batch of a data migration as a block, and the look whether a statement is at its end that touches no row.

use crate::sql::dollar_quote;

/// Where rows were chosen and none was touched: this and their number.
const KEPT: &str = "supaproof: rows chosen in vain: ";

/// One batch: the statement, how many rows it touched, and PL/pgSQL that notes them. The two words are what it says of none
/// and of some.
pub(super) fn block(statement: &str, nothing_left: &str, says: &str, note: &str) -> String {
    let body = format!(
        "declare
  touched bigint;
begin
  execute {};
  get diagnostics touched = row_count;
  if touched = 0 then
    raise exception '{nothing_left}';
  end if;
  set constraints all immediate;
  {note}
  perform set_config('client_min_messages', 'notice', true);
  raise notice '{says}%', touched;
end",
        dollar_quote(statement)
    );
    format!("do {}", dollar_quote(&body))
}

/// Looks whether a statement that touched no row chose some: a BEFORE trigger may pass over them, or another session had
/// changed them meanwhile. It ends in an error either way, so that nothing of it stays.
///
/// The plan says how many rows came to where they would be changed. INSERT … ON CONFLICT and MERGE pass over rows by
/// themselves: there what counts is that a row was inserted, or a trigger called.
pub(super) fn look(statement: &str, nothing_left: &str) -> String {
    let explained =
        format!("explain (analyze, costs off, timing off, summary off, format json) {statement}");
    let body = format!(
        "declare
  plan json;
  kept numeric;
begin
  execute {} into plan;
  select coalesce(sum(case
      when m ->> 'Operation' = 'Merge' then (
        select sum((t ->> 'Calls')::numeric) from jsonb_path_query(plan::jsonb, '$[*].Triggers[*]') as t
        where exists (
          select from pg_catalog.pg_trigger as g join pg_catalog.pg_class as c on c.oid = g.tgrelid
          where g.tgname = t ->> 'Trigger Name' and c.relname = t ->> 'Relation' and g.tgtype & 1 = 1 and g.tgtype & 66 <> 0))
      when m ->> 'Conflict Resolution' is not null then (m ->> 'Tuples Inserted')::numeric
      else (
        select sum((p ->> 'Actual Rows')::numeric * (p ->> 'Actual Loops')::numeric)
        from jsonb_array_elements(m -> 'Plans') as p
        where p ->> 'Parent Relationship' in ('Outer', 'Member'))
      end), 0)
    into kept
    from jsonb_path_query(plan::jsonb, 'strict $.** ? (@.\"Node Type\" == \"ModifyTable\")') as m;
  if kept > 0 then
    raise exception '{KEPT}%', trunc(kept);
  end if;
  raise exception '{nothing_left}';
end",
        dollar_quote(&explained)
    );
    format!("do {}", dollar_quote(&body))
}

/// How many rows were chosen in vain, where a look says so.
pub(super) fn kept(message: &str) -> Option<u64> {
    message.rsplit_once(KEPT)?.1.trim().parse().ok()
}
