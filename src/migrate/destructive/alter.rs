//! ALTER statements, action by action.

use super::anew::words;
use super::cursor::{Cursor, at_top, list};
use super::names::Class;
use super::read::Reader;
use super::{Reaction, What};
use crate::sql::{QualifiedName, Statement, Token};

impl Reader {
    pub(super) fn alter(&mut self, statement: &Statement, mut cursor: Cursor<'_, '_>) {
        if let Some(kind) = cursor.one_of(&["policy", "trigger", "rule"]) {
            return self.alter_part(statement, kind, cursor);
        }
        if cursor.one_of(&["type", "domain"]).is_some() {
            if let Some(name) = cursor.name() {
                self.alter_type(statement, &name, cursor);
            }
            return;
        }
        let routines = ["function", "procedure", "routine", "aggregate"];
        if cursor.one_of(&routines).is_some() {
            if let Some(name) = cursor.name() {
                cursor.group();
                self.moves(Class::Function, &name, cursor);
            }
            return;
        }
        if cursor.take(&["schema"]) {
            if let (Some(from), true, Some(to)) = (
                cursor.ident(),
                cursor.take(&["rename", "to"]),
                cursor.ident(),
            ) {
                self.names.rename_schema(&from, &to);
            }
            return;
        }
        if cursor.take(&["publication"]) {
            return self.publication(statement, cursor);
        }
        let globals: [(&[&str], &str); 7] = [
            (&["role"], "role"),
            (&["user"], "role"),
            (&["group"], "role"),
            (&["event", "trigger"], "event trigger"),
            (&["server"], "server"),
            (&["foreign", "data", "wrapper"], "foreign data wrapper"),
            (&["subscription"], "subscription"),
        ];
        if let Some((_, kind)) = globals.iter().find(|(words, _)| cursor.take(words)) {
            return self.renames_global(kind, cursor);
        }
        let relations: [&[&str]; 6] = [
            &["table"],
            &["foreign", "table"],
            &["view"],
            &["materialized", "view"],
            &["index"],
            &["sequence"],
        ];
        if !relations.iter().any(|words| cursor.take(words)) {
            return;
        }
        cursor.if_exists();
        let Some(table) = cursor.table() else { return };
        for action in list(cursor.rest()) {
            self.action(statement, &table, Cursor::new(action));
        }
    }

    /// `alter policy name on table …`, and the same of triggers and rules.
    fn alter_part(
        &mut self,
        statement: &Statement,
        kind: &'static str,
        mut cursor: Cursor<'_, '_>,
    ) {
        let (Some(name), true, Some(table)) =
            (cursor.ident(), cursor.take(&["on"]), cursor.table())
        else {
            return;
        };
        if cursor.take(&["rename", "to"]) {
            if let Some(to) = cursor.ident() {
                self.names.rename_part(kind, &table, &name, &to);
            }
        } else if kind == "policy"
            && let Some((table, name)) = self.names.part(kind, &table, &name)
        {
            self.push(What::Policy { table, name }, statement);
        }
    }

    fn publication(&mut self, statement: &Statement, mut cursor: Cursor<'_, '_>) {
        let at = cursor;
        let Some(publication) = cursor.ident() else {
            return;
        };
        if !cursor.take(&["drop", "table"]) {
            return self.renames_global("publication", at);
        }
        let Some(publication) = self.names.global("publication", &publication) else {
            return;
        };
        for part in list(cursor.rest()) {
            let table = Cursor::new(part).table();
            if let Some(table) = table.and_then(|table| self.names.before(&table)) {
                let publication = publication.clone();
                self.push(What::Unpublish { publication, table }, statement);
            }
        }
    }

    /// `name rename to other`, of what lies in no schema.
    fn renames_global(&mut self, kind: &'static str, mut cursor: Cursor<'_, '_>) {
        if let (Some(from), true, Some(to)) = (
            cursor.ident(),
            cursor.take(&["rename", "to"]),
            cursor.ident(),
        ) {
            self.names.rename_global(kind, &from, &to);
        }
    }

    /// `rename to other` and `set schema other`.
    fn moves(&mut self, class: Class, from: &QualifiedName, mut cursor: Cursor<'_, '_>) {
        let (schema, name) = (from.schema.clone(), from.name.clone());
        let to = if cursor.take(&["rename", "to"]) {
            cursor.ident().map(|name| QualifiedName { schema, name })
        } else if cursor.take(&["set", "schema"]) {
            let schema = cursor.ident();
            schema.is_some().then_some(QualifiedName { schema, name })
        } else {
            None
        };
        if let Some(to) = to {
            self.names.rename(class, from, &to);
        }
    }

    fn alter_type(&mut self, statement: &Statement, name: &QualifiedName, cursor: Cursor<'_, '_>) {
        self.moves(Class::Type, name, cursor);
        for action in list(cursor.rest()) {
            let mut cursor = Cursor::new(action);
            if cursor.take(&["drop", "attribute"]) {
                cursor.if_exists();
                if let (Some(attribute), Some(name)) =
                    (cursor.ident(), self.names.object(Class::Type, name))
                {
                    self.push(What::Attribute { name, attribute }, statement);
                }
            }
        }
    }

    /// One action of ALTER TABLE.
    fn action(&mut self, statement: &Statement, table: &QualifiedName, mut cursor: Cursor<'_, '_>) {
        if cursor.take(&["drop"]) {
            return self.drop_part(statement, table, cursor);
        }
        if cursor.take(&["validate"]) {
            return self.checks(statement, table);
        }
        if cursor.take(&["add"]) {
            return self.add(statement, table, cursor);
        }
        self.moves(Class::Relation, table, cursor);
        if cursor.take(&["rename"]) {
            return self.rename(table, cursor);
        }
        if cursor.take(&["alter"]) {
            cursor.take(&["column"]);
            if let Some(column) = cursor.ident() {
                self.column(statement, table, &column, cursor);
            }
            return;
        }
        let Some(before) = self.names.before(table) else {
            return;
        };
        if cursor.take(&["disable", "row", "level", "security"]) {
            let what = What::RlsOff {
                table: before,
                owner: false,
            };
            self.push(what, statement);
        } else if cursor.take(&["no", "force", "row", "level", "security"]) {
            let what = What::RlsOff {
                table: before,
                owner: true,
            };
            self.push(what, statement);
        } else if cursor.take(&["disable"])
            && let Some(what) = fires(cursor)
        {
            let table = before;
            self.push(What::Disable { table, what }, statement);
        } else if cursor.take(&["enable"]) {
            self.enable(&before, cursor);
        } else if cursor.take(&["detach", "partition"])
            && let Some(partition) = cursor.name()
        {
            let what = What::Detach {
                table: before,
                partition,
            };
            self.push(what, statement);
        }
    }

    /// What the plan switches off and on again is as it was. One that fires for replicas alone is off for everybody else.
    fn enable(&mut self, table: &QualifiedName, mut cursor: Cursor<'_, '_>) {
        cursor.take(&["always"]);
        let Some(on) = fires(cursor) else { return };
        self.found.retain(|deed| match &deed.what {
            What::Disable { table: of, what } => of != table || !on.covers(what),
            _ => true,
        });
    }

    fn drop_part(
        &mut self,
        statement: &Statement,
        table: &QualifiedName,
        mut cursor: Cursor<'_, '_>,
    ) {
        let constraint = cursor.take(&["constraint"]);
        if !constraint {
            cursor.take(&["column"]);
        }
        cursor.if_exists();
        let Some(name) = cursor.ident() else { return };
        let cascade = cursor.take(&["cascade"]);
        if constraint {
            let kind = "constraint";
            if let Some((table, name)) = self.names.part(kind, table, &name) {
                let what = What::Part {
                    kind,
                    table,
                    name,
                    replaced: false,
                    cascade,
                };
                self.push(what, statement);
            }
            return;
        }
        if let Some((table, column)) = self.names.column(table, &name) {
            let what = What::Column {
                table,
                column,
                cascade,
            };
            self.push(what, statement);
        }
        self.names.drop_column(table, &name);
    }

    fn add(&mut self, statement: &Statement, table: &QualifiedName, mut cursor: Cursor<'_, '_>) {
        let unchecked =
            (cursor.rest().windows(2)).any(|two| two[0].is_word("not") && two[1].is_word("valid"));
        if cursor.take(&["constraint"]) {
            if !unchecked {
                self.checks(statement, table);
            }
            if let (Some(name), Some(before)) = (cursor.ident(), self.names.before(table)) {
                let made = ("constraint".to_owned(), words(&before), name);
                let start = statement.span().start;
                let text = (cursor.rest().first().zip(cursor.rest().last())).and_then(|(a, z)| {
                    statement
                        .text()
                        .get(a.span.start - start..z.span.end - start)
                });
                self.makes(made, text.unwrap_or_default());
            }
            return;
        }
        let keywords = ["primary", "unique", "check", "foreign", "exclude"];
        if keywords
            .iter()
            .any(|word| cursor.peek().is_some_and(|t| t.is_word(word)))
        {
            if !unchecked {
                self.checks(statement, table);
            }
            return;
        }
        cursor.take(&["column"]);
        cursor.if_exists();
        let Some(column) = cursor.ident() else { return };
        let rest = cursor.rest();
        let has = |word: &str| at_top(rest, word).is_some();
        let null = rest
            .windows(2)
            .any(|two| two[0].is_word("not") && two[1].is_word("null"));
        let filled = ["default", "generated"].iter().any(|word| has(word))
            || rest
                .first()
                .is_some_and(|t| t.text.to_ascii_lowercase().ends_with("serial"));
        if null
            && !filled
            && let Some(table) = self.names.before(table)
        {
            self.push(
                What::NotNull {
                    table,
                    column,
                    new: true,
                    after_writes: self.wrote,
                },
                statement,
            );
        }
    }

    /// A column or a constraint; the relation itself has been seen to.
    fn rename(&mut self, table: &QualifiedName, mut cursor: Cursor<'_, '_>) {
        let constraint = cursor.take(&["constraint"]);
        if !constraint {
            cursor.take(&["column"]);
        }
        let (Some(from), true, Some(to)) = (cursor.ident(), cursor.take(&["to"]), cursor.ident())
        else {
            return;
        };
        match constraint {
            true => self.names.rename_part("constraint", table, &from, &to),
            false => self.names.rename_column(table, &from, &to),
        }
    }

    fn column(
        &mut self,
        statement: &Statement,
        table: &QualifiedName,
        name: &str,
        mut cursor: Cursor<'_, '_>,
    ) {
        let Some((table, column)) = self.names.column(table, name) else {
            return;
        };
        if cursor.take(&["set", "not", "null"]) {
            return self.push(
                What::NotNull {
                    table,
                    column,
                    new: false,
                    after_writes: self.wrote,
                },
                statement,
            );
        }
        if !(cursor.take(&["type"]) || cursor.take(&["set", "data", "type"])) {
            return;
        }
        let rest = cursor.rest();
        let using = at_top(rest, "using");
        let end = using
            .into_iter()
            .chain(at_top(rest, "collate"))
            .min()
            .unwrap_or(rest.len());
        let (Some(first), Some(last)) = (rest.first(), rest[..end].last()) else {
            return;
        };
        let start = statement.span().start;
        let to = statement
            .text()
            .get(first.span.start - start..last.span.end - start);
        let expression = using.map(|at| &rest[at + 1..]);
        let what = What::Retype {
            table,
            column,
            to: to.unwrap_or_default().to_owned(),
            using: expression.is_some_and(|tokens| !is_cast_of(tokens, name)),
        };
        self.push(what, statement);
    }
}

/// `trigger name`, `trigger all`, `trigger user`, `rule name`.
fn fires(mut cursor: Cursor<'_, '_>) -> Option<Reaction> {
    if cursor.take(&["rule"]) {
        return cursor.ident().map(Reaction::Rule);
    }
    if !cursor.take(&["trigger"]) {
        return None;
    }
    if cursor.take(&["all"]) {
        return Some(Reaction::AllTriggers);
    }
    if cursor.take(&["user"]) {
        return Some(Reaction::UserTriggers);
    }
    cursor.ident().map(Reaction::Trigger)
}

/// `using column`, `using column::type`, `using (column::type)`, `using cast(column as type)`.
fn is_cast_of(tokens: &[Token<'_>], column: &str) -> bool {
    let is_column = |token: &&Token<'_>| token.identifier().as_deref() == Some(column);
    let mut columns = 0;
    let mut rest = tokens
        .iter()
        .filter(|t| !t.is_symbol("(") && !t.is_symbol(")"));
    let Some(first) = rest.next() else {
        return false;
    };
    let second = rest.next();
    if first.is_word("cast") {
        return second.is_some_and(|t| is_column(&t));
    }
    columns += usize::from(is_column(&first));
    columns == 1 && second.is_none_or(|token| token.is_symbol("::"))
}
