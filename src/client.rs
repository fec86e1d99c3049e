//! HTTP and WebSocket client of the commands.
//!
//! It speaks to one daemon at one address and keeps no state beside that: following a submission over
//! lost connections is the work of `command::follow`.

mod events;
mod types;

pub use events::{Events, Source};
pub use types::{NewRun, NewSubmission};

use crate::{
    error::Error,
    judge::{Event, Slug, Submission, SubmissionId},
    problem::{Mistake, Solution},
    wire::{LanguageStatus, ProblemDocument, ProblemSummary, StatusReport},
};
use reqwest::{Method, RequestBuilder, Response, Url, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::time::Duration;

/// How long a connection may take to be made, and a short question to be answered.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(30);

/// A client of one daemon. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No connection, or it broke.
    #[error("{0}")]
    Lost(String),
    /// The daemon refused; its own words.
    #[error("{}", .0.message)]
    Refused(Box<Refusal>),
    /// What answered does not speak as a daemon of this version does.
    #[error("{0}")]
    Foreign(String),
}

/// A refusal in the daemon's envelope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, such as `queue_full`.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// Names of the fields that are wrong.
    pub fields: Vec<String>,
    /// Mistakes of a package.
    pub mistakes: Vec<Mistake>,
    /// How long to wait before asking again.
    pub retry_after: Option<Duration>,
}

/// The envelope of every reply.
#[derive(Deserialize)]
struct Envelope {
    success: bool,
    #[serde(default)]
    message: String,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    data: Value,
}

impl ClientError {
    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        if let Self::Refused(refusal) = self { Some(refusal) } else { None }
    }

    fn lost(error: &reqwest::Error) -> Self {
        // reqwest's own text says "error sending request"; the cause says what happened.
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Self::Lost(cause.to_string())
    }
}

impl From<ClientError> for Error {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Lost(reason) => Self::Unreachable(format!("the daemon is gone: {reason}")),
            ClientError::Foreign(text) => Self::Other(text),
            ClientError::Refused(refusal) => refused(*refusal),
        }
    }
}

/// The exit code follows the status; the message names the fields if it does not do so already.
fn refused(refusal: Refusal) -> Error {
    let missing = refusal.fields.iter().filter(|field| !refusal.message.contains(field.as_str()));
    let fields = missing.map(String::as_str).collect::<Vec<_>>().join(", ");
    let message = match fields.as_str() {
        "" => refusal.message,
        fields => format!("{} ({fields})", refusal.message),
    };
    match refusal.status {
        404 => Error::NotFound(message),
        422 if !refusal.mistakes.is_empty() => {
            Error::Invalid { package: "the package".into(), mistakes: refusal.mistakes }
        }
        500 | 503 => Error::Judge(message),
        _ => Error::Refused(message),
    }
}

impl Client {
    /// A client of the daemon at a URL such as `http://127.0.0.1:7878`.
    pub fn new(url: &str) -> Result<Self, Error> {
        let base = Url::parse(url)
            .ok()
            .filter(|url| url.scheme() == "http" && url.has_host())
            .ok_or_else(|| {
                let example = "a daemon's URL looks like http://127.0.0.1:7878";
                Error::Usage(format!("`{url}` is no daemon's URL; {example}"))
            })?;
        let http = reqwest::Client::builder()
            .user_agent(concat!("sonocode/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            // The daemon is on this machine or a neighbour; a proxy would only stand between.
            .no_proxy()
            .build()
            .map_err(|error| Error::Other(format!("no HTTP client: {error}")))?;
        Ok(Self { http, base })
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

    /// Events after a place as they are now, up to the daemon's page size; empty when there are none.
    pub async fn page(&self, source: &Source, after: u64) -> Result<Vec<Event>, ClientError> {
        let after = after.to_string();
        let mut query = vec![("after", after.as_str())];
        if let Source::User(user) = source {
            query.push(("user", user));
        }
        self.get_list(&source.path(), "events", &query).await
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

    /// Adds a package, a tar archive of this length; without a slug its folder's name is it. There is no time limit: its generators run
    /// before the daemon answers.
    pub async fn add_problem(
        &self,
        archive: reqwest::Body,
        length: u64,
        slug: Option<&Slug>,
        force: bool,
    ) -> Result<ProblemSummary, ClientError> {
        let mut query = vec![("force", if force { "true" } else { "false" })];
        query.extend(slug.map(|slug| ("slug", slug.as_str())));
        let request = self
            .http
            .post(self.at("api/v1/problems"))
            .query(&query)
            .header(header::CONTENT_TYPE, "application/x-tar")
            .header(header::CONTENT_LENGTH, length)
            .body(archive);
        self.send(request).await
    }

    /// Removes a problem.
    pub async fn remove_problem(&self, slug: &Slug) -> Result<(), ClientError> {
        let request = self.request(Method::DELETE, &format!("api/v1/problems/{slug}"));
        self.send::<Value>(request).await.map(drop)
    }

    /// Opens the stream of events after a place.
    pub async fn events(&self, source: &Source, after: u64) -> Result<Events, ClientError> {
        Events::open(&self.base, source, after).await
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
        let response = request.send().await.map_err(|error| ClientError::lost(&error))?;
        let (status, retry_after) = (response.status().as_u16(), retry_after(&response));
        let body = response.bytes().await.map_err(|error| ClientError::lost(&error))?;
        open(status, retry_after, &body).and_then(decode)
    }
}

/// `Retry-After` in seconds.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// Takes `data` out of the envelope, or the refusal.
fn open(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Result<Value, ClientError> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| {
        let what = "what answers there is no sonocode daemon";
        ClientError::Foreign(format!("{what} (HTTP {status} without its envelope)"))
    })?;
    if envelope.success && (200..300).contains(&status) {
        return Ok(envelope.data);
    }
    let Envelope { message, error, .. } = envelope;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let fields = error["fields"].as_array().into_iter().flatten();
    Err(ClientError::Refused(Box::new(Refusal {
        status,
        code: text(&error["code"]),
        message: if message.is_empty() { format!("HTTP {status}") } else { message },
        fields: fields.map(|field| text(&field["field"])).collect(),
        mistakes: Vec::deserialize(&error["mistakes"]).unwrap_or_default(),
        retry_after,
    })))
}

fn decode<T: DeserializeOwned>(data: Value) -> Result<T, ClientError> {
    serde_json::from_value(data).map_err(|error| {
        let mine = env!("CARGO_PKG_VERSION");
        ClientError::Foreign(format!(
            "the daemon's answer cannot be understood ({error}); is it of another version than \
             this command's {mine}? `sonocode status --json` says"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_are_opened() {
        let body = br#"{"success":true,"message":"ok","error":{},"data":{"a":1}}"#;
        assert_eq!(open(200, None, body).unwrap()["a"], 1);
        let body = br#"{"success":false,"message":"no such language: x","data":null,
            "error":{"code":"validation","fields":[{"field":"language","message":"m"}]}}"#;
        let error = open(400, None, body).unwrap_err();
        assert_eq!(error.refusal().unwrap().code, "validation");
        let error = Error::from(error);
        assert_eq!((error.code().0, error.to_string().as_str()), (5, "no such language: x"));
        for body in [b"<html>".as_slice(), b"{}", b"[]", b""] {
            assert!(matches!(open(200, None, body), Err(ClientError::Foreign(_))));
        }
    }

    #[test]
    fn the_status_decides_the_exit_code() {
        let code = |status| {
            refused(Refusal { status, message: "m".into(), ..Refusal::default() }).code().0
        };
        let codes = [400, 404, 409, 413, 422, 429, 500, 503].map(code);
        assert_eq!(codes, [5, 4, 5, 5, 5, 5, 6, 6]);
        let mistakes = vec![Mistake {
            file: "problem.toml".into(),
            line: None,
            field: None,
            message: "m".into(),
        }];
        assert_eq!(refused(Refusal { status: 422, mistakes, ..Refusal::default() }).code().0, 4);
    }

    #[test]
    fn addresses() {
        let client = Client::new("http://localhost:7878/judge/").unwrap();
        assert_eq!(client.url(), "http://localhost:7878/judge");
        assert_eq!(client.at("livez").as_str(), "http://localhost:7878/judge/livez");
        for bad in ["localhost:7878", "https://x", "", "http://", "ws://x"] {
            assert_eq!(Client::new(bad).unwrap_err().code().0, 2, "{bad}");
        }
    }
}
