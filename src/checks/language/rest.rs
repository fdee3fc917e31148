//! Properties that an expectation leaves out.

use crate::source::Located;

use super::Others;

/// `other_properties: refused`: what is left out is expected to be as it is where nobody asked for anything.
pub type Rest = Option<Located<Others>>;

/// What is expected; where it is left out and other properties are refused, the default, at the place that says so.
pub fn or_default<T: Clone>(
    expected: &Option<Located<T>>,
    rest: &Rest,
    default: impl Into<T>,
) -> Option<Located<T>> {
    let refused = || rest.as_ref().filter(|rest| rest.value == Others::Refused);
    expected.clone().or_else(|| {
        refused().map(|rest| Located {
            value: default.into(),
            span: rest.span.clone(),
        })
    })
}

/// Whether what is left out is not to be.
pub fn refuses(rest: &Rest) -> bool {
    rest.as_ref()
        .is_some_and(|rest| rest.value == Others::Refused)
}

/// A text as a report says it; an empty one is none.
pub fn or_none(text: &str) -> &str {
    match text {
        "" => "none",
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_open_unless_others_are_refused() {
        let rest = |value| Some(Located { value, span: 3..9 });
        let left_out: Option<Located<String>> = None;
        assert_eq!(or_default(&left_out, &None, "x"), None);
        assert_eq!(or_default(&left_out, &rest(Others::Allowed), "x"), None);
        let refused = or_default(&left_out, &rest(Others::Refused), "x").unwrap();
        assert_eq!((refused.value.as_str(), refused.span), ("x", 3..9));
        let said = Some(Located::left_out("y".to_owned()));
        assert_eq!(or_default(&said, &rest(Others::Refused), "x"), said);
    }
}
