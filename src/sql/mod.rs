//! SQL text: where statements begin and end, what a statement is, what it names, and how values become text.
//!
//! The server is the parser. This room knows only as much as must be known before a text is sent: Postgres names no
//! position for most errors at run time, so the place of an error comes from counting the statements that completed.

mod kind;
mod named;
mod quote;
mod refuse;
mod session;
mod statement;
mod token;

pub use kind::{
    Transaction, is_transaction_control, leading_words, runs_outside_transaction,
    transaction_control,
};
pub use named::{Action, NamedObject, ObjectKind, QualifiedName, fold_ident, named_objects};
pub use quote::{dollar_quote, quote_ident, quote_literal};
pub use session::{DEALLOCATE, DISCARD, UNLOCK};
pub use statement::{Statement, statements, statements_in};
pub use token::{Open, Token, TokenKind, Tokens, comments, line_comments, tokens};
