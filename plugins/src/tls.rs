//! The one TLS provider of the process.

/// Makes ring the process's TLS provider, unless there is one.
///
/// Two providers in a process and none installed is a panic at the first TLS connection, long after
/// the start; so `main` calls this first, and every channel that may speak TLS calls it again for
/// programs that have no such `main`.
pub fn install_tls() {
    // An `Err` says that one is installed, which is what is wanted.
    let _installed = rustls::crypto::ring::default_provider().install_default();
}
