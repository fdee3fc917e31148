//! The tools themselves, from npm: `make test-peers` fetches them. Without them these tests are skipped and say so.
