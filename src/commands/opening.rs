//! Opens the target while the files of suites are read: both take about as long, and neither changes anything.

use std::pin::Pin;
use std::sync::Arc;

use tokio::task::{JoinError, JoinHandle};

use super::Context;
use super::session::is_embedded;
use crate::error::Error;

type Opened<'a, S> = Pin<Box<dyn Future<Output = Result<S, Error>> + 'a>>;

/// A session, maybe with what was asked first, that is being opened before anybody needs it. If nobody does, how that ends
/// is of no interest.
pub(super) struct Opening<'a, S>(Option<Opened<'a, S>>);

impl<S> Default for Opening<'_, S> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'a, S: 'a> Opening<'a, S> {
    /// Reads, and begins to `open` where there is a server already. What is wrong in a file is told first, however the
    /// connection went.
    pub(super) async fn beside<T: Send + 'static>(
        &mut self,
        context: &Arc<Context>,
        open: impl Future<Output = Result<S, Error>> + 'a,
        read: impl FnOnce(&Context) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let mut reading = begin(context, read);
        if is_embedded(&context.config) {
            return finished(reading.await);
        }
        let mut opening: Opened<'a, S> = Box::pin(open);
        tokio::select! {
            read = &mut reading => {
                self.0 = Some(opening);
                finished(read)
            }
            opened = &mut opening => {
                self.0 = Some(Box::pin(std::future::ready(opened)));
                finished(reading.await)
            }
        }
    }

    /// What is opened; where nothing is, or somebody took it, `open` does it.
    pub(super) async fn opened(
        &mut self,
        open: impl Future<Output = Result<S, Error>>,
    ) -> Result<S, Error> {
        match self.0.take() {
            Some(opening) => opening.await,
            None => open.await,
        }
    }
}

/// Reads alone.
pub(super) async fn read<T: Send + 'static>(
    context: &Arc<Context>,
    read: impl FnOnce(&Context) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    finished(begin(context, read).await)
}

fn begin<T: Send + 'static>(
    context: &Arc<Context>,
    read: impl FnOnce(&Context) -> Result<T, Error> + Send + 'static,
) -> JoinHandle<Result<T, Error>> {
    let context = Arc::clone(context);
    tokio::task::spawn_blocking(move || read(&context))
}

/// A panic over there is one here.
fn finished<T>(result: Result<T, JoinError>) -> T {
    result.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(error) => std::panic::panic_any(error.to_string()),
    })
}
