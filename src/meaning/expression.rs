//! Expressions as people write them and as the server prints them.
//!
//! The server adds parentheses around every operation, casts to literals (`'{}'::jsonb`) and casts that are implied
//! (`(name)::text`). These are taken away on both sides; what is left is compared word for word.

use super::token::{Class, Token, tokens};
use super::types::type_length;

/// Whether two expressions are the same but for case, white space, and what the server adds when it prints.
pub fn same_expression(a: &str, b: &str) -> bool {
    let (a, b) = (tokens(a), tokens(b));
    a.iter().map(|t| &t.text).eq(b.iter().map(|t| &t.text)) || normal(&a) == normal(&b)
}

/// A token, or what stands in parentheses.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Leaf(Token),
    Group(Vec<Node>),
}

fn normal(tokens: &[Token]) -> Vec<String> {
    let mut rest = tokens;
    let mut nodes = group(&mut rest);
    simplify(&mut nodes);
    while let [Node::Group(inner)] = nodes.as_mut_slice() {
        nodes = std::mem::take(inner);
    }
    let mut out = Vec::new();
    print(&nodes, &mut out);
    out
}

fn group(rest: &mut &[Token]) -> Vec<Node> {
    let mut out = Vec::new();
    while let Some((token, tail)) = rest.split_first() {
        if token.is("(") {
            *rest = tail;
            out.push(Node::Group(group(rest)));
        } else if token.is(")") {
            *rest = tail;
            break;
        } else {
            // A cast's type is dropped whole, with the parentheses of its modifiers.
            if token.is("::") && droppable(out.last(), tail) {
                if let Some(Node::Leaf(literal)) = out.last_mut() {
                    number_from_string(literal, tail);
                }
                *rest = &tail[type_length(tail)..];
                continue;
            }
            out.push(Node::Leaf(token.clone()));
            *rest = tail;
        }
    }
    out
}

/// Whether the cast behind `operand` is one that the server adds: of a literal, or of a column to `text`.
fn droppable(operand: Option<&Node>, type_tokens: &[Token]) -> bool {
    let to_text = type_tokens.first().is_some_and(|t| t.is("text"));
    match operand {
        Some(Node::Leaf(leaf)) => match leaf.class {
            Class::String | Class::Number => true,
            Class::Word => matches!(leaf.text.as_str(), "null" | "true" | "false") || to_text,
            Class::Punctuation => leaf.is("]"),
        },
        Some(Node::Group(inner)) => match inner.as_slice() {
            [only] => droppable(Some(only), type_tokens),
            // A negative number.
            [Node::Leaf(sign), Node::Leaf(number)] => sign.is("-") && number.class == Class::Number,
            _ => false,
        },
        None => false,
    }
}

/// The server prints a default of -1 as `'-1'::integer`.
fn number_from_string(literal: &mut Token, type_tokens: &[Token]) {
    const NUMERIC: [&str; 6] = ["integer", "bigint", "smallint", "numeric", "real", "double"];
    if literal.class != Class::String
        || !type_tokens
            .first()
            .is_some_and(|t| NUMERIC.contains(&t.text.as_str()))
    {
        return;
    }
    let inner = literal.text.trim_matches('\'');
    if inner.parse::<f64>().is_ok() {
        literal.text = inner.to_owned();
        literal.class = Class::Number;
    }
}

/// Takes parentheses away where they group nothing.
fn simplify(nodes: &mut Vec<Node>) {
    for node in nodes.iter_mut() {
        if let Node::Group(inner) = node {
            simplify(inner);
        }
    }
    let conjunction = splits(nodes, "and");
    let disjunction = splits(nodes, "or");
    let mut out: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut walk = std::mem::take(nodes).into_iter().peekable();
    while let Some(node) = walk.next() {
        let Node::Group(inner) = node else {
            out.push(node);
            continue;
        };
        let after_name = match out.last() {
            // f(…), in (…), any (…): these parentheses mean something.
            Some(Node::Leaf(t)) => {
                t.class == Class::Word && !matches!(t.text.as_str(), "and" | "or" | "not")
            }
            _ => false,
        };
        let single = inner.len() == 1;
        let is_operand = |node: Option<&Node>| match node {
            None => true,
            Some(Node::Leaf(t)) => t.is("and") || t.is("or"),
            Some(Node::Group(_)) => false,
        };
        let whole = is_operand(out.last()) && is_operand(walk.peek());
        // OR binds loosest: beside an AND its parentheses stay.
        let joined =
            whole && (conjunction || disjunction) && !(conjunction && splits(&inner, "or"));
        if !after_name && (single || joined) {
            out.extend(inner);
        } else {
            out.push(Node::Group(inner));
        }
    }
    *nodes = out;
}

/// Whether the word stands between operands at this level. BETWEEN has an AND of its own, so it splits nothing.
fn splits(nodes: &[Node], word: &str) -> bool {
    let is = |node: &Node, word| matches!(node, Node::Leaf(t) if t.is(word));
    nodes.iter().any(|n| is(n, word)) && !nodes.iter().any(|n| is(n, "between"))
}

fn print(nodes: &[Node], out: &mut Vec<String>) {
    for node in nodes {
        match node {
            Node::Leaf(token) => match token.text.strip_prefix('-') {
                Some(number) if token.class == Class::Number => {
                    out.extend(["-".to_owned(), number.to_owned()])
                }
                _ => out.push(token.text.clone()),
            },
            Node::Group(inner) => {
                out.push("(".to_owned());
                print(inner, out);
                out.push(")".to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_adds_does_not_count() {
        for (written, printed) in [
            ("'draft'", "'draft'::public.workflow_status"),
            ("'1.0.0'", "'1.0.0'::character varying"),
            ("0.00", "0.00"),
            ("-1", "'-1'::integer"),
            ("now()", "now()"),
            ("NOW()", "now()"),
            ("'{}'", "'{}'::jsonb"),
            ("timezone('utc', now())", "timezone('utc'::text, now())"),
            ("max_retries >= 0", "(max_retries >= 0)"),
            (
                "a >= 0 and a <= 100",
                "((a >= (0)::numeric) AND (a <= (100)::numeric))",
            ),
            ("name ~ '^[a-z]+$'", "((name)::text ~ '^[a-z]+$'::text)"),
            ("true", "true"),
            ("auth.uid() = user_id", "(auth.uid() = user_id)"),
            (
                "a = 1 and b = 2 and c = 3",
                "((a = 1) AND (b = 2) AND (c = 3))",
            ),
            (
                "a = 1 or b = 2 and c = 3",
                "((a = 1) OR ((b = 2) AND (c = 3)))",
            ),
            ("a != 1", "(a <> 1)"),
            ("\"tags\"", "tags"),
            ("data ->> 'x' = 'y'", "data ->> 'x'::text = 'y'::text"),
        ] {
            assert!(
                same_expression(written, printed),
                "{written} and {printed}: {:?} and {:?}",
                normal(&tokens(written)),
                normal(&tokens(printed))
            );
        }
    }

    #[test]
    fn what_means_something_else_is_not_the_same() {
        for (a, b) in [
            ("'draft'", "'active'::public.workflow_status"),
            ("a >= 0", "(a > 0)"),
            ("a and (b or c)", "((a AND b) OR c)"),
            ("(a or b) and c", "(a OR (b AND c))"),
            ("a - (b - c)", "((a - b) - c)"),
            ("true", "false"),
            ("'True'", "'true'"),
            ("\"Tags\"", "tags"),
            ("a in (1)", "a in (2)"),
            ("(a)::integer", "a"),
            ("f(a)", "f a"),
            ("not (a and b)", "((NOT a) AND b)"),
            ("'1'", "1"),
        ] {
            assert!(!same_expression(a, b), "{a} and {b}");
        }
    }
}
