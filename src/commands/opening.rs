//! Opens the target while the files of suites are read: both take about as long, and neither runs anything.

use std::pin::Pin;
use std::sync::Arc;

use tokio::task::{JoinError, JoinHandle};

use super::Context;
use super::session::{Session, is_embedded};
use crate::error::Error;

type Opened<'a> = Pin<Box<dyn Future<Output = Result<Session, Error>> + 'a>>;

/// A session that is being opened before anybody needs it. If nobody does, how that ends is of no interest.
#[derive(Default)]
pub(super) struct Opening<'a>(Option<Opened<'a>>);

impl<'a> Opening<'a> {
    /// Reads, and begins to open a session where there is a server already. What is wrong in a file is told first, however the
    /// connection went.
    pub(super) async fn beside<T: Send + 'static>(
        &mut self,
        context: &'a Arc<Context>,
        read: impl FnOnce(&Context) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let mut reading = begin(context, read);
        if is_embedded(&context.config) {
            return finished(reading.await);
        }
        let mut opening: Opened<'a> = Box::pin(Session::open(context));
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

    /// The session; a second one is opened anew.
    pub(super) async fn session(&mut self, context: &'a Context) -> Result<Session, Error> {
        match self.0.take() {
            Some(opening) => opening.await,
            None => Session::open(context).await,
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
