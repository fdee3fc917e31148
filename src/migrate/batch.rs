//! What a statement of a data migration must be, so that it can be repeated until it touches no row, and whether it is
//! at its end when it touches none.

use crate::error::Error;
use crate::sql::{Statement, Token, dollar_quote};

/// Where rows were chosen and none was touched: this and their number.
const KEPT: &str = "supaproof: rows chosen in vain: ";

/// What changes rows.
const CHANGES: [&str; 4] = ["update", "delete", "insert", "merge"];

/// Refuses a statement of which the number of rows that it touches does not say whether it has come to its end.
pub(super) fn repeatable(statement: &Statement) -> Result<(), Error> {
    let tokens: Vec<Token<'_>> = statement.tokens().collect();
    if !changes(&tokens) {
        return Err(Error::usage(format!(
            "a data migration repeats its statements until they touch no row, which {} never says",
            statement.first_line(30)
        ))
        .at(statement.origin())
        .help(
            "write UPDATE, INSERT, DELETE or MERGE; all else belongs into a migration of its own",
        ));
    }
    if with_queries(&tokens).any(changes) {
        return Err(Error::usage(
            "a data migration cannot count what a query of WITH changes: where the outer statement touches no row, the batch is taken back",
        )
        .at(statement.origin())
        .help(
            "write two statements: INSERT of the rows that are not there yet, then DELETE of those that are",
        ));
    }
    Ok(())
}

/// Whether a statement itself changes rows, behind its WITH or without one.
fn changes(tokens: &[Token<'_>]) -> bool {
    let verb = |token: &Token<'_>| CHANGES.iter().any(|word| token.is_word(word));
    if !tokens.first().is_some_and(|token| token.is_word("with")) {
        return tokens.first().is_some_and(verb);
    }
    let outer = outermost(tokens);
    for (at, &token) in outer.iter().enumerate().skip(1) {
        // Such a word may be the name of a query as well.
        let named = outer
            .get(at + 1)
            .is_some_and(|next| next.is_word("as") || next.is_symbol("("));
        match () {
            () if named => {}
            () if verb(token) => return true,
            () if ["select", "values", "table"]
                .iter()
                .any(|word| token.is_word(word)) =>
            {
                return false;
            }
            () => {}
        }
    }
    false
}

/// The tokens that stand in no parentheses, and the parentheses.
fn outermost<'a, 'b>(tokens: &'b [Token<'a>]) -> Vec<&'b Token<'a>> {
    let mut depth = 0_usize;
    let outer = tokens.iter().filter(|token| {
        let before = depth;
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        before.min(depth) == 0
    });
    outer.collect()
}

/// The queries of every WITH, at any depth: what stands in parentheses behind AS or MATERIALIZED.
fn with_queries<'a, 'b>(tokens: &'b [Token<'a>]) -> impl Iterator<Item = &'b [Token<'a>]> {
    (1..tokens.len()).filter_map(|at| {
        let before = &tokens[at - 1];
        let opens =
            tokens[at].is_symbol("(") && (before.is_word("as") || before.is_word("materialized"));
        let inside = &tokens[at + 1..];
        let mut depth = 1_usize;
        let end = inside.iter().position(|token| {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth -= 1;
            }
            depth == 0
        });
        opens.then(|| &inside[..end.unwrap_or(inside.len())])
    })
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::file::tests::migrations;

    #[test]
    fn what_its_number_of_rows_says_nothing_of_is_refused() {
        let counted = "never says";
        let within = "cannot count what a query of WITH changes";
        for (text, words) in [
            ("update t set a = 1 where a is null", None),
            ("with x as (select 1) update t set a = 1", None),
            (
                "with recursive x(a) as materialized (select 1), y as (select 2) insert into t select * from x",
                None,
            ),
            (
                "with x as (select a from t limit 5 for update) delete from t using x where t.a = x.a",
                None,
            ),
            ("with update as (select 1) delete from t", None),
            (
                "insert into t select a from b where \"as\" (a) on conflict (a) do update set a = 1",
                None,
            ),
            (
                "with x as (delete from s returning *) insert into t select * from x",
                Some(within),
            ),
            (
                "with y as (select 1), x as not materialized (with z as (select 1) update s set a = 1 returning a) update t set a = 2",
                Some(within),
            ),
            (
                "insert into t with x as (delete from s returning *) select * from x",
                Some(within),
            ),
            (
                "with x as (delete from s returning *) select * from x",
                Some(counted),
            ),
            ("with x as (select 1) (select 2)", Some(counted)),
            ("select 1", Some(counted)),
        ] {
            let all = migrations(&[("1_a.sql", text)]);
            let ended = repeatable(&all.list()[0].setup.statements()[0]);
            let said = ended.err().map(|error| error.to_string());
            match words {
                None => assert_eq!(said, None, "{text}"),
                Some(words) => assert!(said.is_some_and(|said| said.contains(words)), "{text}"),
            }
        }
    }
}
