//! emb
