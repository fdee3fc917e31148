//! A catalog that arrives in parts.

use serde::de::Error as _;

use super::{Catalog, Selection};

/// Takes what [`query_in_parts`](super::query_in_parts) returns, row by row: each is parsed while the server still
/// works on the next, and none is ever held as a generic value.
#[derive(Debug)]
pub struct Parts {
    catalog: Catalog,
    /// Whether those that are always there came.
    server: bool,
    left_out: bool,
    failed: Option<serde_json::Error>,
}

impl Parts {
    /// Of what is selected, nothing yet.
    pub fn of(selection: &Selection) -> Self {
        Self {
            catalog: Catalog::begun(selection),
            server: false,
            left_out: false,
            failed: None,
        }
    }

    /// Takes a row: the name of a kind and one object of it, or of a value and that.
    pub fn take(&mut self, name: &str, json: &str) {
        match self.catalog.take(name, json) {
            Ok(true) => {
                self.server |= name == "server";
                self.left_out |= name == "left_out";
            }
            Ok(false) => self.fail(serde_json::Error::custom(format!("unknown part `{name}`"))),
            Err(error) => self.fail(error),
        }
    }

    /// The first error is the one that is told.
    fn fail(&mut self, error: serde_json::Error) {
        self.failed.get_or_insert(error);
    }

    /// The whole.
    ///
    /// # Errors
    /// Where a part does not have the expected shape, or the two that are always there are not.
    pub fn finish(self) -> Result<Catalog, serde_json::Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        for (came, name) in [(self.server, "server"), (self.left_out, "left_out")] {
            if !came {
                return Err(serde_json::Error::custom(format!("no part `{name}`")));
            }
        }
        let mut catalog = self.catalog;
        catalog.sort();
        Ok(catalog)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Kinds, Schema, Table};

    const SERVER: &str = r#"{"version": "15.1", "version_num": 150001, "database": "d", "current_role": "r", "superuser": false}"#;

    fn taken(parts: &[(&str, &str)]) -> Result<Catalog, String> {
        let mut taking = Parts::of(&Selection::of(Kinds::of::<Schema>().and::<Table>()));
        for (name, json) in parts {
            taking.take(name, json);
        }
        taking.finish().map_err(|error| error.to_string())
    }

    #[test]
    fn the_parts_make_the_whole() {
        let schema =
            |name: &str| format!(r#"{{"name": "{name}", "owner": "o", "privileges": []}}"#);
        let (one, other) = (schema("one"), schema("other"));
        let rows = [
            ("server", SERVER),
            ("left_out", "[]"),
            ("schemas", &one),
            ("schemas", &other),
        ];
        let catalog = taken(&rows).unwrap();
        assert_eq!(catalog.server.major(), 15);
        let names = catalog
            .schemas
            .known()
            .unwrap()
            .iter()
            .map(|schema| schema.name.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["one", "other"]);
        assert!(catalog.tables.known().unwrap().is_empty(), "none came");
        assert!(catalog.columns.known().is_err(), "nobody asked for them");
    }

    #[test]
    fn what_is_missing_cut_or_unknown_is_an_error() {
        let error = |parts: &[(&str, &str)]| taken(parts).unwrap_err();
        assert_eq!(error(&[("server", SERVER)]), "no part `left_out`");
        assert_eq!(error(&[("left_out", "[]")]), "no part `server`");
        let whole = [("server", SERVER), ("left_out", "[]")];
        assert_eq!(
            error(&[whole[0], whole[1], ("tabels", "[]")]),
            "unknown part `tabels`"
        );
        let cut = error(&[whole[0], ("tables", "{"), whole[1], ("tabels", "[]")]);
        assert!(cut.contains("EOF"), "{cut}");
    }
}
