//! Lists: pages are read as they are needed.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Stream;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use serde::de::DeserializeOwned;
use url::Url;

use crate::poller::parsed;
use crate::{Client, Error};

/// A list, as the stream of its elements; [`Pager::next_page`] gives them page by page. Ends after an error.
#[must_use = "nothing is asked for until the stream is read"]
pub struct Pager<T> {
    pages: BoxStream<'static, Result<Vec<T>, Error>>,
    /// What of the last page is not taken yet.
    rest: std::vec::IntoIter<T>,
}

/// A page of a list.
#[derive(serde::Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) value: Vec<T>,
    #[serde(rename = "nextLink")]
    pub(crate) next_link: Option<String>,
}

enum State<F> {
    First(F),
    Next(Url),
    End,
}

impl<T: DeserializeOwned + Send + 'static> Pager<T> {
    /// `first` reads the first page.
    pub(crate) fn new<F>(client: Client, first: F) -> Self
    where
        F: Future<Output = Result<Page<T>, Error>> + Send + 'static,
    {
        let pages = futures::stream::unfold(State::First(Box::pin(first)), move |state| {
            let client = client.clone();
            async move {
                let page = match state {
                    State::First(first) => first.await,
                    State::Next(url) => read(&client, &url).await,
                    State::End => return None,
                };
                Some(match page.and_then(Page::split) {
                    Ok((value, Some(next))) => (Ok(value), State::Next(next)),
                    Ok((value, None)) => (Ok(value), State::End),
                    Err(error) => (Err(error), State::End),
                })
            }
        });
        Self {
            pages: pages.boxed(),
            rest: Vec::new().into_iter(),
        }
    }

    /// The next page, or what of it the stream has not given yet; none after the last.
    ///
    /// # Errors
    /// As the call that the list is read with.
    pub async fn next_page(&mut self) -> Result<Option<Vec<T>>, Error> {
        let rest = std::mem::take(&mut self.rest).collect::<Vec<_>>();
        if rest.is_empty() {
            return self.pages.next().await.transpose();
        }
        Ok(Some(rest))
    }
}

impl<T> Page<T> {
    /// The elements, and where there are more.
    fn split(self) -> Result<(Vec<T>, Option<Url>), Error> {
        let next = self.next_link.filter(|link| !link.is_empty());
        let next = next
            .map(|link| Url::parse(&link).map_err(|error| Error::decode(format!("nextLink is no URL: {error}"))))
            .transpose()?;
        Ok((self.value, next))
    }
}

/// Reads a page.
pub(crate) async fn read<T: DeserializeOwned>(client: &Client, url: &Url) -> Result<Page<T>, Error> {
    parsed(client.get(url).await?.body())
}

impl<T> Stream for Pager<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(element) = self.rest.next() {
                return Poll::Ready(Some(Ok(element)));
            }
            match ready!(self.pages.poll_next_unpin(cx)) {
                Some(Ok(page)) => self.rest = page.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

// Elements are never pinned.
impl<T> Unpin for Pager<T> {}

impl<T> fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager").finish_non_exhaustive()
    }
}
