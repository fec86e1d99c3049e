//! HTTP and WebSocket client of the commands.
//!
//! It speaks to one daemon at one address and keeps no state beside that: following a submission over
//! lost connections is the work of `command::follow`.

mod chat;
mod download;
mod events;
pub mod http;
mod problems;
mod reply;
mod tls;
mod types;

pub use chat::{Chat, Guest};
pub use download::{Download, download, is_address};
pub use events::{Events, News, Source};
pub use problems::{Body, Lines};
pub use reply::{ClientError, Refusal};
pub use types::{Added, NewClarification, NewProblem, NewRun, NewSubmission};

use crate::{
    error::Error,
    judge::{Event, Slug, Submission, SubmissionId},
    problem::Solution,
    wire::{Clarification, LanguageStatus, MEDIA, ProblemDocument, ProblemSummary, StatusReport},
};
use bytes::Bytes;
use futures_util::Stream;
use reply::{decode, open, retry_after};
use reqwest::{Method, RequestBuilder, Url, header};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{io, path::Path, sync::Arc, time::Duration};
use tokio_rustls::rustls::ClientConfig;

/// How long a connection may take to be made, and a short question to be answered.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(30);

/// A client of one daemon. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    /// What is shown of the user, for streams.
    authorization: Option<header::HeaderValue>,
    /// Whom it trusts; absent where the daemon speaks no TLS.
    tls: Option<Arc<ClientConfig>>,
}

impl Client {
    /// A client of the daemon at a URL such as `http://127.0.0.1:7878`, with a token to show if there is one. Over
    /// `https://` it trusts the authorities that this machine trusts, and those in the PEM file `ca`.
    pub fn new(url: &str, token: Option<&str>, ca: Option<&Path>) -> Result<Self, Error> {
        let authorization = token.map(bearer).transpose()?;
        let base = base(url)?;
        let tls = (base.scheme() == "https").then(|| tls::config(ca)).transpose()?;
        let http = match &tls {
            None => http::plain(),
            Some(config) => http::trusting(config),
        };
        let http = finish(http, authorization.clone())?;
        Ok(Self { http, base, authorization, tls })
    }

    /// A client that asks a daemon of this process's own making whether it is ready. It takes any certificate,
    /// because that may name another address than this machine's own, and it shows and learns nothing of worth.
    pub fn of_child(url: &str) -> Result<Self, Error> {
        let http = finish(http::plain().tls_danger_accept_invalid_certs(true), None)?;
        Ok(Self { http, base: base(url)?, authorization: None, tls: None })
    }

    /// The daemon's URL, without a final slash.
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// What the daemon says of itself. This is also how a daemon is recognised.
    pub async fn status(&self) -> Result<StatusReport, ClientError> {
        self.get("api/v1/status", &()).await
    }

    /// Whether the daemon is ready to judge; if not, why and what mends it.
    pub async fn ready(&self) -> Result<Result<(), String>, ClientError> {
        let request = self.request(Method::GET, "readyz").timeout(ANSWER);
        let response = request.send().await.map_err(|error| ClientError::lost(&error))?;
        let ready = response.status().is_success();
        let text = response.text().await.map_err(|error| ClientError::lost(&error))?;
        Ok(if ready { Ok(()) } else { Err(text.trim().to_owned()) })
    }

    /// The languages.
    pub async fn languages(&self) -> Result<Vec<LanguageStatus>, ClientError> {
        self.get_list("api/v1/languages", "languages", &()).await
    }

    /// Sends a submission; it is durable when this returns.
    pub async fn submit(&self, new: &NewSubmission) -> Result<Submission, ClientError> {
        self.post_inner("api/v1/submissions", new).await
    }

    /// Sends a custom run.
    pub async fn run(&self, new: &NewRun) -> Result<Submission, ClientError> {
        self.post_inner("api/v1/runs", new).await
    }

    /// One submission.
    pub async fn submission(&self, id: SubmissionId) -> Result<Submission, ClientError> {
        self.get(&format!("api/v1/submissions/{id}"), &()).await
    }

    /// The first submission in a state, by number, of one user or of everybody.
    pub async fn first(
        &self,
        user: Option<&str>,
        status: &str,
    ) -> Result<Option<Submission>, ClientError> {
        let mut query = vec![("status", status), ("limit", "1")];
        query.extend(user.map(|user| ("user", user)));
        let list = self.get_list("api/v1/submissions", "submissions", &query).await?;
        Ok(list.into_iter().next())
    }

    /// The newest submissions, at most `limit`; `query` has the other parameters of the list.
    pub async fn newest(
        &self,
        query: &[(&str, &str)],
        limit: u16,
    ) -> Result<Vec<Submission>, ClientError> {
        let limit = limit.to_string();
        let query: Vec<_> =
            query.iter().copied().chain([("order", "desc"), ("limit", &limit)]).collect();
        self.get_list("api/v1/submissions", "submissions", &query).await
    }

    /// Events after a place as they are now, up to the daemon's page size, and the place after which to
    /// go on: the same one at the end. Messages between them are passed over.
    pub async fn page(
        &self,
        source: &Source,
        after: u64,
    ) -> Result<(Vec<Event>, u64), ClientError> {
        let after = after.to_string();
        let mut query = vec![("after", after.as_str())];
        if let Source::User(user) = source {
            query.push(("user", user));
        }
        let mut page: Value = self.get(&source.path(), &query).await?;
        let mut events = page.get_mut("events").map(Value::take).unwrap_or_default();
        if let Some(events) = events.as_array_mut() {
            events.retain(|entry| entry["type"] != "message");
        }
        Ok((decode(events)?, decode(page["next"].take())?))
    }

    /// Questions and announcements as the query asks for, the newest first.
    pub async fn clarifications(
        &self,
        query: &[(&str, &str)],
    ) -> Result<Vec<Clarification>, ClientError> {
        self.get_list("api/v1/clarifications", "clarifications", &query).await
    }

    /// Sends a question, `clarifications`, an answer, `clarifications/ID/answers`, or an announcement,
    /// `announcements`; it is durable when this returns.
    pub async fn clarify(
        &self,
        what: &str,
        new: &NewClarification,
    ) -> Result<Clarification, ClientError> {
        self.send(self.request(Method::POST, &format!("api/v1/{what}")).json(new)).await
    }

    /// Opens the chat after a place, or with what is pending.
    pub async fn chat(&self, guest: &Guest, after: Option<&str>) -> Result<Chat, ClientError> {
        Chat::open(self, guest, after).await
    }

    /// Cancels a submission.
    pub async fn cancel(&self, id: SubmissionId) -> Result<Submission, ClientError> {
        self.send(self.request(Method::POST, &format!("api/v1/submissions/{id}/cancel"))).await
    }

    /// Queues a submission again.
    pub async fn rejudge(&self, id: SubmissionId) -> Result<Submission, ClientError> {
        self.send(self.request(Method::POST, &format!("api/v1/submissions/{id}/rejudge"))).await
    }

    /// All problems.
    pub async fn problems(&self) -> Result<Vec<ProblemSummary>, ClientError> {
        self.get_list("api/v1/problems", "problems", &()).await
    }

    /// One problem.
    pub async fn problem(&self, slug: &Slug) -> Result<ProblemDocument, ClientError> {
        self.get(&format!("api/v1/problems/{slug}"), &()).await
    }

    /// A problem's own solutions.
    pub async fn solutions(&self, slug: &Slug) -> Result<Vec<Solution>, ClientError> {
        self.get_list(&format!("api/v1/problems/{slug}/solutions"), "solutions", &()).await
    }

    /// Adds a package, sent in pieces. There is no time limit: its generators run before the daemon
    /// answers.
    pub async fn add_problem(
        &self,
        new: &NewProblem,
        content: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Result<Added, ClientError> {
        let mut query = vec![("force", if new.force { "true" } else { "false" })];
        query.extend(new.slug.as_ref().map(|slug| ("slug", slug.as_str())));
        query.extend(new.name.as_deref().map(|name| ("name", name)));
        let request = self
            .http
            .post(self.at("api/v1/problems"))
            .query(&query)
            .header(header::CONTENT_TYPE, new.media)
            .header(header::CONTENT_LENGTH, new.length)
            .body(reqwest::Body::wrap_stream(content));
        let (status, problem) = self.send_for_status(request).await?;
        Ok(Added { problem, unchanged: status == 200 })
    }

    /// Removes a problem.
    pub async fn remove_problem(&self, slug: &Slug) -> Result<(), ClientError> {
        let request = self.request(Method::DELETE, &format!("api/v1/problems/{slug}"));
        self.send::<Value>(request).await.map(drop)
    }

    /// Opens the stream of events after a place.
    pub async fn events(&self, source: &Source, after: u64) -> Result<Events, ClientError> {
        Events::open(self, source, after).await
    }

    /// The same address over a WebSocket.
    fn socket_at(&self, path: &str) -> Url {
        let mut url = self.at(path);
        // Cannot fail: `http` may become `ws`, and `https` `wss`.
        let _ = url.set_scheme(if self.tls.is_some() { "wss" } else { "ws" });
        url
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.at(path)).timeout(ANSWER)
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.send(self.request(Method::GET, path).query(query)).await
    }

    /// A list that stands below a name in `data`.
    async fn get_list<T: DeserializeOwned>(
        &self,
        path: &str,
        name: &str,
        query: &impl Serialize,
    ) -> Result<Vec<T>, ClientError> {
        let mut data: Value = self.get(path, query).await?;
        decode(data.get_mut(name).map(Value::take).unwrap_or_default())
    }

    async fn post_inner(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Submission, ClientError> {
        let mut data: Value = self.send(self.request(Method::POST, path).json(body)).await?;
        decode(data.get_mut("submission").map(Value::take).unwrap_or_default())
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        self.send_for_status(request).await.map(|(_, data)| data)
    }

    async fn send_for_status<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<(u16, T), ClientError> {
        let response = request.send().await.map_err(|error| ClientError::lost(&error))?;
        let (status, retry_after) = (response.status().as_u16(), retry_after(&response));
        let body = response.bytes().await.map_err(|error| ClientError::lost(&error))?;
        Ok((status, open(status, retry_after, &body).and_then(decode)?))
    }
}

/// The URL of a daemon, checked.
fn base(url: &str) -> Result<Url, Error> {
    let known = |url: &Url| ["http", "https"].contains(&url.scheme()) && url.has_host();
    Url::parse(url).ok().filter(known).ok_or_else(|| {
        let example = "a daemon's URL looks like http://127.0.0.1:7878";
        Error::Usage(format!("`{url}` is no daemon's URL; {example}"))
    })
}

/// What all clients of a daemon have in common.
fn finish(
    http: reqwest::ClientBuilder,
    authorization: Option<header::HeaderValue>,
) -> Result<reqwest::Client, Error> {
    // Whatever seed system's form the daemon answers others in, commands read its own.
    let form = (header::ACCEPT, header::HeaderValue::from_static(MEDIA));
    let authorization = authorization.map(|value| (header::AUTHORIZATION, value));
    http.default_headers([form].into_iter().chain(authorization).collect())
        .connect_timeout(CONNECT)
        // The daemon is on this machine or a neighbour; a proxy would only stand between.
        .no_proxy()
        .build()
        .map_err(|error| Error::Other(format!("no HTTP client: {error}")))
}

/// The header that shows a token; it is never printed.
fn bearer(token: &str) -> Result<header::HeaderValue, Error> {
    let mut value = header::HeaderValue::from_str(&format!("Bearer {}", token.trim()))
        .map_err(|_| Error::Usage("the token has characters that none can have".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let new = |url| Client::new(url, None, None);
        let client = new("http://localhost:7878/judge/").unwrap();
        assert_eq!(client.url(), "http://localhost:7878/judge");
        assert_eq!(client.at("livez").as_str(), "http://localhost:7878/judge/livez");
        assert_eq!(client.socket_at("ws").as_str(), "ws://localhost:7878/judge/ws");
        assert_eq!(new("https://x").unwrap().socket_at("ws").as_str(), "wss://x/ws");
        for bad in ["localhost:7878", "", "http://", "https://", "ws://x"] {
            assert_eq!(new(bad).unwrap_err().code().0, 2, "{bad}");
        }
    }
}
