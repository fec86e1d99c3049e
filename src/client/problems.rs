//! What the commands ask about problems: verifications and searches that stream, packages in and out.

use super::{
    Client, ClientError,
    reply::{decode, open, retry_after},
};
use crate::{
    judge::Slug,
    problem::Ignored,
    verify::{
        report::{Options, Step},
        stress::{StressOptions, StressStep},
    },
    wire::ProblemSummary,
};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream::BoxStream};
use reqwest::{
    Method, RequestBuilder, Response,
    header::{self, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{fmt, io, marker::PhantomData};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// A line of a stream is at most this long; a transcript may be in it.
const LINE: usize = 16 << 20;

/// A package as it is sent: its bytes in pieces, their number and their media type.
pub struct Body {
    /// The pieces.
    pub pieces: BoxStream<'static, io::Result<Bytes>>,
    /// How many bytes they are together.
    pub length: u64,
    /// The media type, such as `application/x-tar`.
    pub media: &'static str,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes of {})", self.length, self.media)
    }
}

impl Body {
    fn put(self, request: RequestBuilder) -> RequestBuilder {
        request
            .header(header::CONTENT_TYPE, self.media)
            .header(header::CONTENT_LENGTH, self.length)
            .body(reqwest::Body::wrap_stream(self.pieces))
    }
}

/// A reply of JSON values, one a line, as they come.
pub struct Lines<T> {
    pieces: BoxStream<'static, reqwest::Result<Bytes>>,
    rest: BytesMut,
    ended: bool,
    value: PhantomData<T>,
}

impl<T> fmt::Debug for Lines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lines")
    }
}

impl<T: DeserializeOwned> Lines<T> {
    fn of(response: Response) -> Self {
        let pieces = response.bytes_stream().boxed();
        Self { pieces, rest: BytesMut::new(), ended: false, value: PhantomData }
    }

    /// The next value; `None` at the end of the stream.
    pub async fn next(&mut self) -> Result<Option<T>, ClientError> {
        loop {
            let line = match self.rest.iter().position(|byte| *byte == b'\n') {
                Some(end) => self.rest.split_to(end + 1),
                None if self.ended && self.rest.is_empty() => return Ok(None),
                None if self.ended => self.rest.split(),
                None => {
                    self.read().await?;
                    continue;
                }
            };
            if !line.trim_ascii().is_empty() {
                let value = serde_json::from_slice(&line);
                return decode(value.unwrap_or_default()).map(Some);
            }
        }
    }

    async fn read(&mut self) -> Result<(), ClientError> {
        match self.pieces.next().await {
            Some(Ok(piece)) => self.rest.extend_from_slice(&piece),
            Some(Err(error)) => return Err(ClientError::lost(&error)),
            None => self.ended = true,
        }
        if self.rest.len() > LINE {
            return Err(ClientError::Foreign("the daemon's line has no end".to_owned()));
        }
        Ok(())
    }
}

impl Client {
    /// Verifies a stored problem.
    pub async fn verify(&self, slug: &Slug, options: &Options) -> Result<Lines<Step>, ClientError> {
        let url = self.at(&format!("api/v1/problems/{slug}/verify"));
        Ok(Lines::of(opened(self.http.post(url).json(options)).await?))
    }

    /// Verifies a package that is not stored; `name` is what it is called where it does not say so itself.
    pub async fn verify_package(
        &self,
        package: Body,
        name: Option<&str>,
        options: &Options,
    ) -> Result<Lines<Step>, ClientError> {
        self.with_package("api/v1/verify", package, name, options).await
    }

    /// Looks for a counterexample to a solution of a package that is not stored; see
    /// [`Client::verify_package`].
    pub async fn stress_package(
        &self,
        package: Body,
        name: Option<&str>,
        options: &StressOptions,
    ) -> Result<Lines<StressStep>, ClientError> {
        self.with_package("api/v1/stress", package, name, options).await
    }

    async fn with_package<T: DeserializeOwned>(
        &self,
        path: &str,
        package: Body,
        name: Option<&str>,
        options: &impl Serialize,
    ) -> Result<Lines<T>, ClientError> {
        let options = serde_json::to_string(options)
            .map_err(|error| ClientError::Foreign(error.to_string()))?;
        let mut query = vec![("options", options.as_str())];
        query.extend(name.map(|name| ("name", name)));
        let request = self.http.post(self.at(path)).query(&query);
        Ok(Lines::of(opened(package.put(request)).await?))
    }

    /// Looks for a counterexample.
    pub async fn stress(
        &self,
        slug: &Slug,
        options: &StressOptions,
    ) -> Result<Lines<StressStep>, ClientError> {
        let url = self.at(&format!("api/v1/problems/{slug}/stress"));
        Ok(Lines::of(opened(self.http.post(url).json(options)).await?))
    }

    /// Makes the tests of a package that is not stored: a tar archive of them goes to `into`.
    pub async fn generate(
        &self,
        package: Body,
        into: impl AsyncWrite + Unpin,
    ) -> Result<(), ClientError> {
        let request = package.put(self.http.post(self.at("api/v1/generate")));
        save(opened(request).await?, into).await
    }

    /// A stored problem as an archive: a tar archive of its package goes to `into`.
    pub async fn package(
        &self,
        slug: &Slug,
        format: &str,
        into: impl AsyncWrite + Unpin,
    ) -> Result<(), ClientError> {
        let url = self.at(&format!("api/v1/problems/{slug}/package"));
        let request = self.http.get(url).query(&[("format", format)]);
        save(opened(request).await?, into).await
    }

    /// A stored problem in a format, as an archive (`tar` or `zip`; a JSON document is itself), to `into`.
    /// Tells what the format cannot express.
    pub async fn export(
        &self,
        slug: &Slug,
        format: &str,
        archive: &str,
        into: impl AsyncWrite + Unpin,
    ) -> Result<Vec<Ignored>, ClientError> {
        let url = self.at(&format!("api/v1/problems/{slug}/package"));
        let query = [("format", format), ("archive", archive)];
        exported(self.http.get(url).query(&query), into).await
    }

    /// A package that is not stored in another format; see [`Client::export`].
    pub async fn export_package(
        &self,
        package: Body,
        format: &str,
        archive: &str,
        into: impl AsyncWrite + Unpin,
    ) -> Result<Vec<Ignored>, ClientError> {
        let url = self.at("api/v1/export");
        let query = [("format", format), ("archive", archive)];
        exported(package.put(self.http.post(url).query(&query)), into).await
    }

    /// A statement in a language and a format: `md`, `html`, `tex` or `pdf`.
    pub async fn statement(
        &self,
        slug: &Slug,
        lang: Option<&str>,
        format: &str,
    ) -> Result<Bytes, ClientError> {
        let mut query = vec![("format", format)];
        query.extend(lang.map(|lang| ("lang", lang)));
        let request = self.request(Method::GET, &format!("api/v1/problems/{slug}/statement"));
        let response = opened(request.query(&query)).await?;
        response.bytes().await.map_err(|error| ClientError::lost(&error))
    }

    /// Changes values of a problem; what is not said stays.
    pub async fn patch_problem(
        &self,
        slug: &Slug,
        patch: &Value,
    ) -> Result<ProblemSummary, ClientError> {
        let request = self.request(Method::PATCH, &format!("api/v1/problems/{slug}"));
        self.send(request.json(patch)).await
    }

    /// Gives a problem another slug.
    pub async fn rename_problem(
        &self,
        old: &Slug,
        new: &Slug,
    ) -> Result<ProblemSummary, ClientError> {
        let request = self.request(Method::POST, &format!("api/v1/problems/{old}/rename"));
        self.send(request.json(&serde_json::json!({ "slug": new }))).await
    }
}

/// Sends a request whose reply has no envelope when it is a success.
async fn opened(request: RequestBuilder) -> Result<Response, ClientError> {
    let response = request.send().await.map_err(|error| ClientError::lost(&error))?;
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, retry_after) = (response.status().as_u16(), retry_after(&response));
    let body = response.bytes().await.map_err(|error| ClientError::lost(&error))?;
    match open(status, retry_after, &body) {
        Err(error) => Err(error),
        Ok(_) => Err(ClientError::Foreign(format!("HTTP {status} with an envelope of success"))),
    }
}

async fn exported(
    request: RequestBuilder,
    into: impl AsyncWrite + Unpin,
) -> Result<Vec<Ignored>, ClientError> {
    let response = opened(request).await?;
    let ignored = response.headers().get("x-sonocode-ignored").map(HeaderValue::as_bytes);
    let ignored = serde_json::from_slice(ignored.unwrap_or(b"[]"));
    let ignored = ignored.map_err(|error| ClientError::Foreign(error.to_string()))?;
    save(response, into).await?;
    Ok(ignored)
}

async fn save(response: Response, mut into: impl AsyncWrite + Unpin) -> Result<(), ClientError> {
    let failed = |error: io::Error| ClientError::Lost(format!("what came was not kept: {error}"));
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| ClientError::lost(&error))?;
        into.write_all(&piece).await.map_err(failed)?;
    }
    into.flush().await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    fn lines(pieces: &[&'static str]) -> Lines<u32> {
        let pieces: Vec<_> =
            pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect();
        Lines {
            pieces: stream::iter(pieces).boxed(),
            rest: BytesMut::new(),
            ended: false,
            value: PhantomData,
        }
    }

    #[tokio::test]
    async fn lines_are_cut_wherever_they_come() {
        let mut lines = lines(&["1", "2\n3", "\n\n", "4"]);
        let mut all = Vec::new();
        while let Some(value) = lines.next().await.unwrap() {
            all.push(value);
        }
        assert_eq!(all, [12, 3, 4]);
    }

    #[tokio::test]
    async fn what_is_no_value_is_told() {
        let mut lines = lines(&["1\nnonsense\n"]);
        assert_eq!(lines.next().await.unwrap(), Some(1));
        assert!(matches!(lines.next().await, Err(ClientError::Foreign(_))));
    }
}
