//! Statements that take rows away or overwrite them.

use super::cursor::{Cursor, at_top, enclosed, list};
use super::names::Class;
use super::read::Reader;
use super::{How, What};
use crate::sql::{QualifiedName, Statement, Token};

/// What a view that the plan makes hands writes on to.
pub(super) enum Base {
    /// A relation, by its name of before; `None` where the plan itself made it.
    Relation(Option<QualifiedName>),
    /// Nothing that the text tells.
    Unknown,
}

impl Reader {
    pub(super) fn truncate(&mut self, statement: &Statement, mut cursor: Cursor<'_, '_>) {
        cursor.take(&["table"]);
        let cascade = cursor.rest().last().is_some_and(|t| t.is_word("cascade"));
        for part in list(cursor.rest()) {
            let table = Cursor::new(part).table();
            if let Some(table) = table.and_then(|table| self.names.before(&table)) {
                self.push(What::Truncate { table, cascade }, statement);
            }
        }
    }

    /// `delete from …` and `update …`, up to the end or to the parenthesis that closes it.
    pub(super) fn write(&mut self, statement: &Statement, tokens: &[Token<'_>]) {
        let tokens = enclosed(tokens);
        // A batch is repeated until nothing is found: no condition keeps rows from it but by what it says of them.
        let how = match (is_bounded(tokens), self.data) {
            (true, false) => return,
            (true, true) => How::Batches,
            (false, _) => How::All,
        };
        let mut cursor = Cursor::new(tokens);
        let delete = cursor.take(&["delete", "from"]);
        if !delete && !cursor.take(&["update"]) {
            return;
        }
        let Some(named) = cursor.table() else { return };
        let Some(table) = self.written(statement, &named) else {
            return;
        };
        if delete {
            return self.push(What::Delete { table, how }, statement);
        }
        let Some(at) = at_top(cursor.rest(), "set") else {
            return;
        };
        let after = &cursor.rest()[at + 1..];
        let ends = ["from", "where", "returning"];
        let end = ends.iter().filter_map(|word| at_top(after, word)).min();
        let mut columns = self.columns(&table, &after[..end.unwrap_or(after.len())]);
        if how == How::Batches {
            // What it fills where there was nothing overwrites nothing.
            columns.retain(|column| !tests_null(&after[end.unwrap_or(after.len())..], column));
            if columns.is_empty() {
                return;
            }
        }
        let what = What::Update {
            table,
            columns,
            how,
        };
        self.push(what, statement);
    }

    /// The columns that a SET names, as they were called before: `a = 1`, `(a, b) = (1, 2)`.
    fn columns(&self, table: &QualifiedName, set: &[Token<'_>]) -> Vec<String> {
        let named = list(set).into_iter().flat_map(|part| {
            let several = part.first().is_some_and(|token| token.is_symbol("("));
            let parts = match several {
                true => list(enclosed(&part[1..])),
                false => vec![part],
            };
            parts
                .into_iter()
                .filter_map(|part| Cursor::new(part).ident())
                .collect::<Vec<_>>()
        });
        named
            .map(|column| self.names.column(table, &column).map_or(column, |c| c.1))
            .collect()
    }

    /// `insert into … select … from … on conflict … do update set …`: rows that are there are overwritten. Of rows that
    /// the statement itself spells out that is what it is for.
    pub(super) fn upsert(&mut self, statement: &Statement, tokens: &[Token<'_>]) {
        let tokens = enclosed(tokens);
        let Some(at) = at_top(tokens, "conflict") else {
            return;
        };
        let (source, action) = tokens.split_at(at);
        let Some(set) = at_top(action, "set") else {
            return;
        };
        let set = &action[set + 1..];
        if at_top(set, "where").is_some() || !takes_all(source) {
            return;
        }
        let mut cursor = Cursor::new(tokens);
        let named = cursor
            .take(&["insert", "into"])
            .then(|| cursor.table())
            .flatten();
        if let Some(table) = named.and_then(|named| self.written(statement, &named)) {
            let end = at_top(set, "returning").unwrap_or(set.len());
            let what = What::Update {
                columns: self.columns(&table, &set[..end]),
                table,
                how: How::Matching,
            };
            self.push(what, statement);
        }
    }

    /// `merge into … when … then delete`, and `… then update set …` of all that match a whole table.
    pub(super) fn merge(&mut self, statement: &Statement, tokens: &[Token<'_>]) {
        let tokens = enclosed(tokens);
        let mut cursor = Cursor::new(tokens);
        cursor.take(&["merge", "into"]);
        let Some(named) = cursor.table() else { return };
        let whens: Vec<usize> = (tokens.windows(2).enumerate())
            .filter(|(_, two)| {
                two[0].is_word("when") && (two[1].is_word("matched") || two[1].is_word("not"))
            })
            .map(|(at, _)| at)
            .collect();
        let whole = at_top(tokens, "using").is_some_and(|at| {
            let end = whens.first().copied().unwrap_or(tokens.len());
            let source = tokens.get(at..end).unwrap_or_default();
            match source.get(1).is_some_and(|token| token.is_symbol("(")) {
                true => takes_all(enclosed(&source[2..])),
                false => is_table(source),
            }
        });
        let mut deletes = false;
        let mut columns = Vec::new();
        for (at, start) in whens.iter().enumerate() {
            let end = whens.get(at + 1).copied().unwrap_or(tokens.len());
            let clause = &tokens[start + 1..end];
            let Some(then) = at_top(clause, "then") else {
                continue;
            };
            let (when, action) = (&clause[..then], &clause[then + 1..]);
            let mut action = Cursor::new(action);
            deletes |= action.take(&["delete"]);
            // Rows that no row of the source meets are all the others.
            let all = at_top(when, "and").is_none() && (whole || when[0].is_word("not"));
            if all && action.take(&["update", "set"]) {
                let end = at_top(action.rest(), "returning").unwrap_or(action.rest().len());
                columns.push(&action.rest()[..end]);
            }
        }
        if !deletes && columns.is_empty() {
            return;
        }
        let Some(table) = self.written(statement, &named) else {
            return;
        };
        let how = How::Merged;
        if deletes {
            let table = table.clone();
            self.push(What::Delete { table, how }, statement);
        }
        let columns: Vec<String> = columns
            .into_iter()
            .flat_map(|set| self.columns(&table, set))
            .collect();
        if !columns.is_empty() {
            let what = What::Update {
                table,
                columns,
                how,
            };
            self.push(what, statement);
        }
    }

    /// The deletes and updates of `with … as (delete …) update …`.
    pub(super) fn with(&mut self, statement: &Statement, tokens: &[Token<'_>]) {
        for (at, token) in tokens.iter().enumerate() {
            let after = at.checked_sub(1).and_then(|before| tokens.get(before));
            let begins = after.is_some_and(|t| t.is_symbol("(") || t.is_symbol(")"));
            if begins && (token.is_word("delete") || token.is_word("update")) {
                self.write(statement, &tokens[at..]);
            }
            if begins && token.is_word("insert") {
                self.upsert(statement, &tokens[at..]);
            }
            if (begins || at > 0) && token.is_word("merge") {
                self.merge(statement, &tokens[at..]);
            }
        }
    }

    /// The relation of before that a write to this one meets.
    fn written(&mut self, statement: &Statement, name: &QualifiedName) -> Option<QualifiedName> {
        match self.views.get(&self.names.key(name)) {
            Some(Base::Relation(base)) => base.clone(),
            Some(Base::Unknown) => {
                self.not_looked_at(&statement.origin().source, statement.span());
                None
            }
            None => self.names.object(Class::Relation, name),
        }
    }

    /// Notes what a view that is created hands writes on to: only one of a single relation does that by itself.
    pub(super) fn remember_view(&mut self, tokens: &[Token<'_>], name: &QualifiedName) {
        let query = at_top(tokens, "as").map(|at| &tokens[at + 1..]);
        let from = query.and_then(|query| Some(&query[at_top(query, "from")? + 1..]));
        let base = from.and_then(|from| {
            let alone = at_top(from, "join").is_none()
                && list(from).len() == 1
                && ["union", "intersect", "except"]
                    .iter()
                    .all(|word| at_top(from, word).is_none());
            Cursor::new(from).table().filter(|_| alone)
        });
        let base = match base {
            None => Base::Unknown,
            Some(base) => match self.views.get(&self.names.key(&base)) {
                Some(Base::Relation(further)) => Base::Relation(further.clone()),
                Some(Base::Unknown) => Base::Unknown,
                None => Base::Relation(self.names.object(Class::Relation, &base)),
            },
        };
        self.views.insert(self.names.key(name), base);
    }
}

/// Whether a query takes its rows of a table, and no condition says which.
fn takes_all(query: &[Token<'_>]) -> bool {
    let from = at_top(query, "from").map(|at| &query[at..]);
    from.is_some_and(|from| is_table(from) && !is_bounded(from))
}

/// Whether a table stands behind the first word, and no function or list of values.
fn is_table(from: &[Token<'_>]) -> bool {
    let mut cursor = Cursor::new(from.get(1..).unwrap_or_default());
    cursor.table().is_some() && !cursor.symbol("(")
}

/// Whether a condition says which rows: there is a WHERE, and it is not just true.
fn is_bounded(tokens: &[Token<'_>]) -> bool {
    let Some(at) = at_top(tokens, "where") else {
        return false;
    };
    let condition: Vec<&str> = tokens[at + 1..].iter().map(|t| t.text).take(4).collect();
    let always = match condition.as_slice() {
        [one] | [one, "returning" | "on", ..] => one.eq_ignore_ascii_case("true"),
        [one, "=", two] | [one, "=", two, "returning" | "on"] => one == two,
        _ => false,
    };
    !always
}

/// Whether a condition says `column is null`, in a subquery of it too.
fn tests_null(tokens: &[Token<'_>], column: &str) -> bool {
    tokens.windows(3).any(|three| {
        three[0].identifier().as_deref() == Some(column)
            && three[1].is_word("is")
            && three[2].is_word("null")
    })
}
