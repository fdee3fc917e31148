//! A catalog that arrives in parts.

use serde::de::Error as _;

use super::Catalog;

/// Takes what [`query_in_parts`](super::query_in_parts) returns, row by row: each is parsed while the server still
/// works on the next, and none is ever held as a generic value.
#[derive(Debug, Default)]
pub struct Parts {
    catalog: Catalog,
    /// Whether those that are always there came.
    server: bool,
    left_out: bool,
    failed: Option<serde_json::Error>,
}

impl Parts {
    /// Takes a row: the name of a value and the value.
    pub fn take(&mut self, name: &str, json: &str) {
        match self.catalog.set(name, json) {
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

    const SERVER: &str = r#"{"version": "15.1", "version_num": 150001, "database": "d", "current_role": "r", "superuser": false}"#;

    fn taken(parts: &[(&str, &str)]) -> Result<Catalog, String> {
        let mut taking = Parts::default();
        for (name, json) in parts {
            taking.take(name, json);
        }
        taking.finish().map_err(|error| error.to_string())
    }

    #[test]
    fn the_parts_make_the_whole() {
        let catalog = taken(&[("server", SERVER), ("left_out", "[]"), ("tables", "[]")]).unwrap();
        assert_eq!(catalog.server.major(), 15);
        assert!(catalog.tables.known().unwrap().is_empty());
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
        let cut = error(&[whole[0], ("tables", "[{"), whole[1], ("tabels", "[]")]);
        assert!(cut.contains("EOF"), "{cut}");
    }
}
