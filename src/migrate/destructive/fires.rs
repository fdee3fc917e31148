//! Triggers: what a write to a table runs besides.

use super::cursor::{Cursor, at_top};
use super::names::Class;
use super::read::Reader;
use crate::source::Origin;
use crate::sql::{QualifiedName, Statement, Token};

/// A trigger that the plan makes.
pub(super) struct Made {
    table: (String, String),
    events: u32,
    function: QualifiedName,
}

/// The statements that fire triggers, with their bits in `pg_trigger.tgtype`.
const EVENTS: [(&str, u32); 4] = [
    ("insert", 4),
    ("delete", 8),
    ("update", 16),
    ("truncate", 32),
];
const ALL: u32 = 4 | 8 | 16;

impl Reader {
    /// Reads what the triggers run that a statement fires.
    pub(super) fn fire(&mut self, statement: &Statement, tokens: &[Token<'_>]) {
        if self.triggers.is_empty() && self.made_triggers.is_empty() {
            return;
        }
        let origin = self.place.clone().unwrap_or_else(|| statement.origin());
        for (at, token) in tokens.iter().enumerate() {
            let after = |words: &[&str]| {
                let before = at.checked_sub(1).and_then(|before| tokens.get(before));
                before.is_some_and(|before| words.iter().any(|word| before.is_word(word)))
            };
            let mut cursor = Cursor::new(&tokens[at..]);
            let events = if cursor.take(&["insert", "into"]) {
                let overwrites = at_top(&tokens[at..], "conflict").is_some();
                if overwrites { 4 | 16 } else { 4 }
            } else if cursor.take(&["delete", "from"]) {
                8
            } else if token.is_word("update")
                && !after(&["for", "do", "on", "key", "then", "or", "before", "after"])
            {
                cursor.next();
                16
            } else if cursor.take(&["merge", "into"]) {
                ALL
            } else if at == 0 && cursor.take(&["truncate"]) {
                cursor.take(&["table"]);
                32
            } else if at == 0 && cursor.take(&["copy"]) {
                4
            } else {
                continue;
            };
            if let Some(table) = cursor.table() {
                self.fires(&table, events, &origin);
            }
        }
    }

    fn fires(&mut self, table: &QualifiedName, events: u32, origin: &Origin) {
        let key = self.names.key(table);
        let made = (self.made_triggers.iter())
            .filter(|made| made.table == key && made.events & events != 0)
            .map(|made| made.function.clone());
        let mut functions: Vec<QualifiedName> = made.collect();
        if let Some(before) = self.names.object(Class::Relation, table) {
            let anywhere = self.anywhere && before.schema.is_none();
            let schema = before.schema.as_deref().unwrap_or("public");
            let there = (self.triggers.iter()).filter(|it| {
                it.table == before.name
                    && (anywhere || it.schema == schema)
                    && it.events & events != 0
            });
            functions.extend(there.map(|it| QualifiedName {
                schema: Some(it.of.clone()),
                name: it.function.clone(),
            }));
        }
        for function in functions {
            self.call(&function, origin);
        }
    }

    /// Notes a trigger that is created.
    pub(super) fn remember_trigger(&mut self, tokens: &[Token<'_>], table: &QualifiedName) {
        let Some(on) = at_top(tokens, "on") else {
            return;
        };
        let events = EVENTS.iter().filter(|(word, _)| {
            let names = tokens[..on].iter().skip(2);
            names.into_iter().any(|token| token.is_word(word))
        });
        let events = events.map(|(_, bit)| bit).sum();
        let Some(at) = at_top(tokens, "execute") else {
            return;
        };
        let function = Cursor::new(tokens.get(at + 2..).unwrap_or_default()).name();
        if let Some(function) = function {
            let table = self.names.key(table);
            self.made_triggers.push(Made {
                table,
                events,
                function,
            });
        }
    }
}
