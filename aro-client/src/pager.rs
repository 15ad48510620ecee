//! Lists as streams: pages are read as they are needed.

use futures::Stream;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{Client, Error};

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

/// The elements of all pages; `first` reads the first one. Ends after an error.
pub(crate) fn pages<'a, T, F>(client: &'a Client, first: F) -> impl Stream<Item = Result<T, Error>> + Send + 'a
where
    T: DeserializeOwned + Send + 'a,
    F: Future<Output = Result<Page<T>, Error>> + Send + 'a,
{
    use futures::StreamExt as _;
    let pages = futures::stream::unfold(State::First(Box::pin(first)), move |state| async move {
        let page = match state {
            State::First(first) => first.await,
            State::Next(url) => client.follow(&url).await,
            State::End => return None,
        };
        let (page, next) = match page {
            Ok(Page { value, next_link }) => {
                match next_link.filter(|link| !link.is_empty()).map(|link| Url::parse(&link)) {
                    None => (Ok(value), State::End),
                    Some(Ok(url)) => (Ok(value), State::Next(url)),
                    Some(Err(error)) => (Err(Error::decode(format!("nextLink is no URL: {error}"))), State::End),
                }
            }
            Err(error) => (Err(error), State::End),
        };
        Some((page, next))
    });
    pages.flat_map(|page| {
        futures::stream::iter(match page {
            Ok(value) => value.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })
    })
}
