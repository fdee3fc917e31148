//! From tokens to a tree, by the server's own precedence of operators (chapter "Lexical Structure").

use super::super::keyword;
use super::super::literal::string_value;
use super::super::names::Names;
use super::super::token::{Class, Token};
use super::super::types::{canonical_tokens, type_length};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// A column, `new.a`, `true`, `current_user`.
    Name(Vec<String>),
    /// As written; negative ones with their sign.
    Number(String),
    /// Its value.
    String(String),
    Null,
    /// With a type in one spelling.
    Cast(Box<Expr>, String),
    Call(Vec<String>, Vec<Expr>),
    /// An operator or other syntax with its operands.
    Op(String, Vec<Expr>),
}

pub(super) fn op(label: &str, operands: impl Into<Vec<Expr>>) -> Expr {
    Expr::Op(label.to_owned(), operands.into())
}

/// Deeper nesting and longer texts are compared word for word: trees are walked by recursion.
const DEEPEST: usize = 100;
const LONGEST: usize = 2000;

// How tightly operators bind, loosest first.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const IS: u8 = 4;
const COMPARISON: u8 = 5;
const LIKE: u8 = 6;
const OTHER: u8 = 7;
const SUM: u8 = 8;
const PRODUCT: u8 = 9;
const POWER: u8 = 10;
const AT: u8 = 11;
const COLLATE: u8 = 12;
const SIGN: u8 = 13;

pub(super) struct Parser<'a> {
    tokens: &'a [Token],
    names: &'a Names<'a>,
    depth: usize,
}

/// A whole expression; none where it is not understood.
pub(super) fn parse(tokens: &[Token], names: &Names<'_>) -> Option<Expr> {
    let (expr, rest) = parse_prefix(tokens, names)?;
    rest.is_empty().then_some(expr)
}

/// The expression that the tokens begin with, and what follows it.
pub(super) fn parse_prefix<'a>(
    tokens: &'a [Token],
    names: &'a Names<'a>,
) -> Option<(Expr, &'a [Token])> {
    if tokens.len() > LONGEST {
        return None;
    }
    let mut parser = Parser {
        tokens,
        names,
        depth: 0,
    };
    let expr = parser.expr(0)?;
    Some((expr, parser.tokens))
}

impl Parser<'_> {
    fn at(&self, ahead: usize, text: &str) -> bool {
        self.tokens.get(ahead).is_some_and(|t| t.is(text))
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.at(0, text);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn take_all(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(i, w)| self.at(i, w));
        if found {
            self.tokens = &self.tokens[words.len()..];
        }
        found
    }

    fn must(&mut self, text: &str) -> Option<()> {
        self.take(text).then_some(())
    }

    fn expr(&mut self, least: u8) -> Option<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut left = self.prefix()?;
        while let Some(next) = self.infix(&mut left, least)? {
            left = next;
        }
        self.depth -= 1;
        Some(left)
    }

    fn prefix(&mut self) -> Option<Expr> {
        if self.take("not") {
            return Some(op("not", [self.expr(NOT)?]));
        }
        if self.take("-") {
            return Some(match self.expr(SIGN)? {
                // The server negates a constant while it parses.
                Expr::Number(n) => Expr::Number(match n.strip_prefix('-') {
                    Some(n) => n.to_owned(),
                    None => format!("-{n}"),
                }),
                other => op("unary -", [other]),
            });
        }
        if self.take("+") {
            return Some(op("unary +", [self.expr(SIGN)?]));
        }
        if let Some(token) = self.tokens.first()
            && token.class == Class::Operator
            && other_operator(token)
        {
            let label = format!("unary {}", token.text);
            self.tokens = &self.tokens[1..];
            return Some(op(&label, [self.expr(OTHER + 1)?]));
        }
        let mut expr = self.primary()?;
        loop {
            if self.at(0, "::") {
                self.tokens = &self.tokens[1..];
                expr = Expr::Cast(Box::new(expr), self.type_name()?);
            } else if self.take("[") {
                let index = self.expr(0)?;
                // Slices are not understood.
                self.must("]")?;
                expr = op("subscript", [expr, index]);
            } else {
                return Some(expr);
            }
        }
    }

    fn type_name(&mut self) -> Option<String> {
        let length = type_length(self.tokens);
        if length == 0 {
            return None;
        }
        let (name, rest) = self.tokens.split_at(length);
        self.tokens = rest;
        Some(self.names.canonical_tokens(name))
    }

    fn list(&mut self, close: &str) -> Option<Vec<Expr>> {
        let mut out = Vec::new();
        if self.take(close) {
            return Some(out);
        }
        loop {
            out.push(self.expr(0)?);
            if self.take(close) {
                return Some(out);
            }
            self.must(",")?;
        }
    }

    fn primary(&mut self) -> Option<Expr> {
        let (token, rest) = self.tokens.split_first()?;
        match token.class {
            Class::Number => {
                self.tokens = rest;
                Some(Expr::Number(token.text.clone()))
            }
            Class::String => {
                self.tokens = rest;
                string_value(&token.text).map(Expr::String)
            }
            Class::Word => self.word(),
            Class::Operator => None,
            Class::Punctuation => {
                self.must("(")?;
                if self.take("select") {
                    return self.select();
                }
                let inner = self.expr(0)?;
                // A row otherwise.
                self.must(")")?;
                // (row).field
                (!self.at(0, ".")).then_some(inner)
            }
        }
    }

    fn word(&mut self) -> Option<Expr> {
        if self.take("null") {
            return Some(Expr::Null);
        }
        if self.take("case") {
            return self.case();
        }
        if self.take_all(&["array", "["]) {
            return Some(op("array", self.list("]")?));
        }
        if self.take_all(&["cast", "("]) {
            let inner = self.expr(0)?;
            self.must("as")?;
            let r#type = self.type_name()?;
            self.must(")")?;
            return Some(Expr::Cast(Box::new(inner), r#type));
        }
        if self.take_all(&["extract", "("]) {
            let field = self.tokens.first().filter(|t| t.class == Class::Word)?;
            let field = Expr::Name(vec![field.text.clone()]);
            self.tokens = &self.tokens[1..];
            self.must("from")?;
            let from = self.expr(0)?;
            self.must(")")?;
            return Some(op("extract", [field, from]));
        }
        // `date '2020-01-01'`: a type before a string.
        let length = type_length(self.tokens);
        if let Some(next) = self.tokens.get(length)
            && length > 0
            && next.class == Class::String
        {
            let r#type = self.type_name()?;
            let value = string_value(&next.text)?;
            self.tokens = &self.tokens[1..];
            return Some(Expr::Cast(Box::new(Expr::String(value)), r#type));
        }
        self.name()
    }

    fn name(&mut self) -> Option<Expr> {
        let mut parts = Vec::new();
        loop {
            let (token, rest) = self.tokens.split_first()?;
            if token.class != Class::Word && (parts.is_empty() || !token.is("*")) {
                return None;
            }
            parts.push(token.text.clone());
            self.tokens = rest;
            if !self.take(".") {
                break;
            }
        }
        let called = self.take("(");
        for part in &mut parts {
            let plain = part.trim_matches('"');
            if called && keyword::may_name_a_function(plain)
                || !called && keyword::may_name_a_column(plain)
            {
                super::super::token::strip_plain_quotes(part);
            }
        }
        const VALUES: [&str; 13] = [
            "true",
            "false",
            "current_user",
            "session_user",
            "user",
            "current_role",
            "current_date",
            "current_time",
            "current_timestamp",
            "localtime",
            "localtimestamp",
            "current_catalog",
            "current_schema",
        ];
        let first = parts.first()?.as_str();
        if !called {
            // Words that open syntax which is not understood, and those that cannot stand here.
            let known = parts.len() > 1 || VALUES.contains(&first) || !keyword::is_reserved(first);
            return known.then_some(Expr::Name(parts));
        }
        const SYNTAX: [&str; 8] = [
            "exists", "row", "trim", "position", "overlay", "any", "all", "some",
        ];
        if parts.len() == 1
            && (SYNTAX.contains(&first) || first.starts_with("xml") || first.starts_with("json_"))
        {
            // Functions in these names' own syntax; json_typeof( ) and the like are functions like others.
            const PLAIN: [&str; 6] = [
                "json_typeof",
                "json_array_length",
                "json_build_object",
                "json_build_array",
                "json_extract_path_text",
                "json_extract_path",
            ];
            if !PLAIN.contains(&first) {
                return None;
            }
        }
        if parts.len() == 1 && keyword::is_syntax(first) && !VALUES.contains(&first) {
            return None;
        }
        // count(*)
        if self.take_all(&["*", ")"]) {
            return Some(Expr::Call(parts, vec![Expr::Name(vec!["*".to_owned()])]));
        }
        let arguments = self.list(")")?;
        // Named arguments, FILTER and OVER fail here or where the whole is not used up.
        (!["filter", "over", "within"].iter().any(|w| self.at(0, w)))
            .then_some(Expr::Call(parts, arguments))
    }

    /// `(select auth.uid())`: one value without FROM. The server adds the name that the column gets anyway.
    fn select(&mut self) -> Option<Expr> {
        let value = self.expr(0)?;
        let named = match &value {
            Expr::Call(parts, _) | Expr::Name(parts) => parts.last()?.clone(),
            _ => "\"?column?\"".to_owned(),
        };
        let mut label = "select".to_owned();
        if self.take("as") {
            let (token, rest) = self.tokens.split_first()?;
            self.tokens = rest;
            if token.text != named {
                label.push_str(&format!(" as {}", token.text));
            }
        }
        self.must(")")?;
        Some(op(&label, [value]))
    }

    fn case(&mut self) -> Option<Expr> {
        let mut operands = Vec::new();
        let mut label = "case".to_owned();
        // CASE x WHEN …: x would have to be compared as with `=`.
        while self.take("when") {
            operands.push(self.expr(0)?);
            self.must("then")?;
            operands.push(self.expr(0)?);
        }
        if self.take("else") {
            operands.push(self.expr(0)?);
            label.push_str(" else");
        }
        self.must("end")?;
        (operands.len() > 1).then_some(Expr::Op(label, operands))
    }

    /// What the next operator makes of the operand to its left; `None` inside where there is no operator that binds
    /// tightly enough.
    fn infix(&mut self, left: &mut Expr, least: u8) -> Option<Option<Expr>> {
        let Some(token) = self.tokens.first() else {
            return Some(None);
        };
        let taken = |left: &mut Expr| std::mem::replace(left, Expr::Null);
        if token.class == Class::Word {
            return self.word_infix(left, least);
        }
        if token.class != Class::Operator {
            return Some(None);
        }
        let binds = match token.text.as_str() {
            "<" | ">" | "=" | "<=" | ">=" | "<>" => COMPARISON,
            "+" | "-" => SUM,
            "*" | "/" | "%" => PRODUCT,
            "^" => POWER,
            _ => OTHER,
        };
        if binds <= least {
            return Some(None);
        }
        let label = token.text.clone();
        self.tokens = &self.tokens[1..];
        for (word, spelt) in [("any", "any"), ("some", "any"), ("all", "all")] {
            if self.take_all(&[word, "("]) {
                let array = self.expr(0)?;
                self.must(")")?;
                return Some(Some(op(&format!("{spelt} {label}"), [taken(left), array])));
            }
        }
        let right = self.expr(binds)?;
        // Comparisons do not chain: `a < b < c` is a mistake.
        if binds == COMPARISON
            && self
                .tokens
                .first()
                .is_some_and(|t| t.class == Class::Operator && comparison(t))
        {
            return None;
        }
        Some(Some(op(&label, [taken(left), right])))
    }

    fn word_infix(&mut self, left: &mut Expr, least: u8) -> Option<Option<Expr>> {
        let mut taken = || std::mem::replace(left, Expr::Null);
        for (word, binds) in [("and", AND), ("or", OR)] {
            if binds > least && self.take(word) {
                let right = self.expr(binds)?;
                // The server joins what stands to the left, and keeps what parentheses group to the right.
                return Some(Some(match taken() {
                    Expr::Op(label, mut operands) if label == word => {
                        operands.push(right);
                        Expr::Op(label, operands)
                    }
                    other => op(word, [other, right]),
                }));
            }
        }
        if IS > least {
            if self.take("isnull") {
                return Some(Some(op("is null", [taken()])));
            }
            if self.take("notnull") {
                return Some(Some(op("is not null", [taken()])));
            }
            if self.take("is") {
                let not = self.take("not");
                if self.take_all(&["distinct", "from"]) {
                    let right = self.expr(IS)?;
                    return Some(Some(match (taken(), right) {
                        // Beside a bare NULL the server makes a test for null of it.
                        (operand, Expr::Null) | (Expr::Null, operand) => {
                            op(if not { "is null" } else { "is not null" }, [operand])
                        }
                        (left, right) if not => op("not", [op("is distinct from", [left, right])]),
                        (left, right) => op("is distinct from", [left, right]),
                    }));
                }
                let word = ["null", "true", "false", "unknown"]
                    .into_iter()
                    .find(|w| self.take(w))?;
                let label = if not {
                    format!("is not {word}")
                } else {
                    format!("is {word}")
                };
                return Some(Some(op(&label, [taken()])));
            }
        }
        if LIKE > least {
            let not = self.at(0, "not");
            let ahead = usize::from(not);
            for (word, label, negated) in [("like", "~~", "!~~"), ("ilike", "~~*", "!~~*")] {
                if self.at(ahead, word) {
                    self.tokens = &self.tokens[ahead + 1..];
                    let pattern = self.expr(LIKE)?;
                    if self.at(0, "escape") {
                        return None;
                    }
                    return Some(Some(op(
                        if not { negated } else { label },
                        [taken(), pattern],
                    )));
                }
            }
            if self.at(ahead, "in") {
                self.tokens = &self.tokens[ahead + 1..];
                self.must("(")?;
                let list = self.list(")")?;
                let operand = taken();
                return Some(Some(match (<[Expr; 1]>::try_from(list), not) {
                    (Ok([only]), false) => op("=", [operand, only]),
                    (Ok([only]), true) => op("<>", [operand, only]),
                    (Err(list), false) => op("in =", [operand, op("list", list)]),
                    (Err(list), true) => op("in <>", [operand, op("list", list)]),
                }));
            }
            if self.at(ahead, "between") {
                self.tokens = &self.tokens[ahead + 1..];
                let low = self.expr(LIKE)?;
                self.must("and")?;
                let high = self.expr(LIKE)?;
                let operand = taken();
                return Some(Some(if not {
                    op(
                        "or",
                        [op("<", [operand.clone(), low]), op(">", [operand, high])],
                    )
                } else {
                    op(
                        "and",
                        [op(">=", [operand.clone(), low]), op("<=", [operand, high])],
                    )
                }));
            }
        }
        if AT > least && self.take_all(&["at", "time", "zone"]) {
            return Some(Some(op("at time zone", [taken(), self.expr(AT)?])));
        }
        if COLLATE > least && self.take("collate") {
            let mut name = String::new();
            loop {
                let (token, rest) = self.tokens.split_first()?;
                name.push_str(&token.text);
                self.tokens = rest;
                if !self.take(".") {
                    break;
                }
                name = String::new();
            }
            return Some(Some(op(&format!("collate {name}"), [taken()])));
        }
        Some(None)
    }
}

fn comparison(token: &Token) -> bool {
    ["<", ">", "=", "<=", ">=", "<>"].contains(&token.text.as_str())
}

/// An operator that may stand before its operand and is no sign.
fn other_operator(token: &Token) -> bool {
    !comparison(token) && !["*", "/", "%", "^", "+", "-"].contains(&token.text.as_str())
}

impl Names<'_> {
    fn canonical_tokens(&self, tokens: &[Token]) -> String {
        canonical_tokens(
            tokens,
            &[self.schema(), "pg_catalog", "public", "extensions"],
        )
    }
}
