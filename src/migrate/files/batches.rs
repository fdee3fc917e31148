//! The text of a data migration: what each of its statements must be, so that it can be repeated until it touches no row,
//! and how many rows a batch has.

use super::directive::Data;
use crate::error::Error;
use crate::source::Source;
use crate::sql::{Statement, Token};

/// What stands for the number of rows in a statement. A number takes its place, filled up with spaces, so that all behind
/// it stays where it is.
const PLACE: &str = ":batch";

/// What changes rows.
const CHANGES: [&str; 4] = ["update", "delete", "insert", "merge"];

/// The text of a data migration as it is sent.
///
/// # Errors
///
/// Exit code 2 where it holds something that cannot be repeated until it finds no row, or says how many rows a batch has
/// and does not use that.
pub(super) fn in_batches(
    source: &Source,
    statements: &[Statement],
    data: &Data,
) -> Result<Source, Error> {
    let mut text = source.text().to_owned();
    let mut used = false;
    for statement in statements {
        repeatable(statement)?;
        let mut tokens = statement.tokens().peekable();
        let (mut end, mut last) = (0, ' ');
        while let Some(token) = tokens.next() {
            let next = tokens.peek();
            // `a::batch` is a cast, and `a[1:batch]` a part of an array.
            let alone = token.text == ":"
                && (token.span.start > end || "(,=<>+-*/|%^&~!#@?".contains(last));
            end = token.span.end;
            last = token.text.chars().last().unwrap_or(' ');
            if let Some(word) = next
                .filter(|word| alone && word.is_word("batch") && word.span.start == token.span.end)
            {
                let number = format!("{:<width$}", data.rows, width = PLACE.len());
                text.replace_range(token.span.start..word.span.end, &number);
                used = true;
            }
        }
    }
    if data.said && !used {
        return Err(Error::usage("no statement of the file says :batch")
            .at(data.origin.clone())
            .help(
                "write `limit :batch` where a statement chooses its rows, or leave the number out",
            ));
    }
    Ok(match used {
        true => Source::new(source.path(), text),
        false => source.clone(),
    })
}

/// Refuses a statement of which the number of rows that it touches does not say whether it has come to its end.
fn repeatable(statement: &Statement) -> Result<(), Error> {
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

#[cfg(test)]
mod tests {
    use super::super::Migrations;
    use super::super::fixture::{migrations, suite};
    use super::*;

    fn sent(text: &str) -> String {
        let all = migrations(&[("1_a.sql", text)]);
        let script = &all.list()[0].setup;
        script
            .statements()
            .iter()
            .map(|s| script.sent(s).to_owned())
            .collect()
    }

    #[test]
    fn the_number_takes_the_place_of_its_name_and_moves_nothing() {
        assert_eq!(
            sent(
                "-- supaproof: data: 500 rows\nupdate t set a = b::batch where id in (select id from t limit :batch)"
            ),
            "update t set a = b::batch where id in (select id from t limit 500   )"
        );
        assert_eq!(
            sent(
                "-- supaproof: data\ndelete from t where a[1:batch] = ':batch' and id < (:batch) and b = ''||:batch"
            ),
            "delete from t where a[1:batch] = ':batch' and id < (1000  ) and b = ''||1000  "
        );
    }

    #[test]
    fn what_cannot_be_repeated_is_refused() {
        for (text, words) in [
            (
                "-- supaproof: data\nupdate t set a = 1;\ncreate table b ()",
                "1_a.sql:3:1: a data migration repeats its statements",
            ),
            (
                "-- supaproof: data: 5\nupdate t set a = 1",
                "1_a.sql:1:1: no statement of the file says :batch",
            ),
        ] {
            let error = Migrations::from_suite(&suite(&[("1_a.sql", text)])).unwrap_err();
            let said = format!("{}: {error}", error.origin().unwrap());
            assert!(said.contains(words), "{said}");
            assert!(error.help_text().is_some());
        }
    }

    #[test]
    fn the_rollback_section_runs_once() {
        let all = migrations(&[(
            "1_a.sql",
            "-- supaproof: data\nupdate t set a = 1 where a is null;\n-- ROLLBACK:\n-- alter table t drop a;",
        )]);
        let migration = &all.list()[0];
        assert_eq!(migration.setup.batch(), Some(1000));
        assert_eq!(migration.rollback.as_ref().unwrap().batch(), None);
    }

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
