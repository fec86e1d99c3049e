//! Clarifications: questions to the setters, their answers, and announcements. The same messages that
//! the chat's sockets carry.

use super::{
    App,
    envelope::{ApiError, Code, Envelope, Failure, Reply, Result},
    extract::{Fields, Params, parse_slug, shorten},
    person::{self, Visitor},
};
use crate::{
    hub::chat::{Draft, EVERYONE, Person, Post, SETTERS, Thread, recipient},
    judge::Slug,
    wire::{Clarification, ClarificationKind, ClarificationList, ClarificationReply},
};
use axum::extract::{Path, State};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Most clarifications in one list.
const LIST_MAX: usize = 200;

/// Clarifications in one list when the client does not say.
const LIST_DEFAULT: usize = 50;

/// Which clarifications to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // For the document; read by hand.
pub struct ListParams {
    /// As this user sees them. Absent: as the token's user does, and where nobody is asked for a
    /// token, all of them.
    user: Option<String>,
    /// Only those about the problem with this slug.
    problem: Option<String>,
    /// `true`: only questions whose last word is no answer.
    unanswered: Option<bool>,
    /// Only those before the one with this id.
    before: Option<String>,
    /// At most this many, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// The body of a question or an announcement, for the document; unknown fields are ignored.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)] // Read field by field, so that all mistakes are found.
pub struct MessageBody {
    /// Who writes: 1 to 128 characters, none of them a control character and the first not `@`;
    /// `anonymous` when absent. With a token, its user.
    user_id: Option<String>,
    /// The text, at most 16 KiB.
    content: String,
    /// The slug of the problem that it is about.
    problem: Option<String>,
    /// The writer's own id for it: sent again with the same one, it is not written again.
    client_id: Option<String>,
}

/// The body of an answer, for the document; unknown fields are ignored.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)] // Read field by field, so that all mistakes are found.
pub struct AnswerBody {
    /// Who answers, as for a question.
    user_id: Option<String>,
    /// The text, at most 16 KiB.
    content: String,
    /// Whether it goes to everyone, with the question; else to who asked.
    everyone: Option<bool>,
    /// The writer's own id for it.
    client_id: Option<String>,
}

/// Questions and announcements, the newest first.
#[utoipa::path(get, path = "/api/v1/clarifications", tag = "clarifications", params(ListParams),
    responses(
        (status = 200, body = Envelope<ClarificationList>),
        (status = 400, body = Failure),
        (status = 403, body = Failure),
    ))]
pub async fn list(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    mut params: Params,
) -> Result<ClarificationList> {
    let user = params.text("user");
    let problem = params.text("problem").and_then(|text| {
        parse_slug(&text).map_err(|message| params.mistakes.add("problem", message)).ok()
    });
    let unanswered = params.parse("unanswered", "true or false").unwrap_or(false);
    let before = params.parse::<u64>("before", "the id of a clarification");
    let limit = params.parse("limit", "a number").unwrap_or(LIST_DEFAULT);
    if !(1..=LIST_MAX).contains(&limit) {
        params.mistakes.add("limit", format!("must be 1 to {LIST_MAX}"));
    }
    params.mistakes.finish(Some(()))?;
    let person = visitor.viewer(&app, user)?;
    let chat = &app.hub.chat;
    let about = |slug: Option<&Slug>| problem.is_none() || slug == problem.as_ref();
    let wanted =
        |thread: &Thread| about(thread.problem.as_ref()) && !(unanswered && thread.answered);
    // One more than fits says whether there are more.
    let threads = chat.threads(&person, before, limit + 1, wanted).await?;
    let mut found = Vec::new();
    for (id, thread) in threads {
        found.extend(question(&app, id, &thread).await?.map(|question| (id, question)));
    }
    if !unanswered {
        let posts = chat.announcements(problem.as_ref(), before, limit + 1).await?;
        found.extend(posts.into_iter().map(|post| (post.id, announcement(post))));
    }
    found.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(id, _)| id.to_string());
    let clarifications = found.into_iter().map(|(_, found)| found).collect();
    Ok(Reply::ok("clarifications", ClarificationList { clarifications, next }))
}

/// Asks the setters. It is durable before the reply.
#[utoipa::path(post, path = "/api/v1/clarifications", tag = "clarifications",
    request_body = MessageBody,
    responses(
        (status = 201, body = Envelope<Clarification>),
        (status = 200, description = "It was sent before", body = Envelope<Clarification>),
        (status = 400, description = "Fields have mistakes", body = Failure),
        (status = 403, body = Failure),
        (status = 404, description = "No such problem", body = Failure),
        (status = 413, description = "The text is too long", body = Failure),
        (status = 503, description = "The ledger failed", body = Failure),
    ))]
pub async fn ask(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Clarification> {
    write(&app, &visitor, fields, SETTERS).await
}

/// Tells everyone. Only setters may.
#[utoipa::path(post, path = "/api/v1/announcements", tag = "clarifications",
    request_body = MessageBody,
    responses(
        (status = 201, body = Envelope<Clarification>),
        (status = 200, description = "It was sent before", body = Envelope<Clarification>),
        (status = 400, description = "Fields have mistakes", body = Failure),
        (status = 403, description = "Not a setter", body = Failure),
        (status = 404, description = "No such problem", body = Failure),
        (status = 413, description = "The text is too long", body = Failure),
        (status = 503, description = "The ledger failed", body = Failure),
    ))]
pub async fn announce(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Clarification> {
    write(&app, &visitor, fields, EVERYONE).await
}

async fn write(
    app: &App,
    visitor: &Visitor,
    mut fields: Fields,
    to: &str,
) -> Result<Clarification> {
    let user = person::claimed(&mut fields);
    let content = fields.required::<String>("content");
    let client_id = fields.optional::<String>("clientId");
    let problem = fields.optional::<String>("problem").and_then(|text| {
        parse_slug(&text).map_err(|message| fields.mistakes.add("problem", message)).ok()
    });
    let content = fields.mistakes.finish(content)?;
    let person = visitor.person(app, user)?;
    if let Some(slug) = &problem {
        super::problems::find(app, slug).await?;
    }
    let draft = Draft { to: Some(to.to_owned()), client_id, problem, thread: None, content };
    let posted = app.hub.chat.send(&person, draft).await?;
    let made = if to == SETTERS {
        one(app, &person, posted.id).await?
    } else {
        app.hub.chat.post(posted.id).await?.map(announcement)
    };
    reply(made, posted.again, posted.id)
}

/// One question with its answers.
#[utoipa::path(get, path = "/api/v1/clarifications/{id}", tag = "clarifications",
    params(
        ("id" = String, Path, description = "The question's id"),
        ("user" = Option<String>, Query, description = "As this user sees it, as for the list"),
    ),
    responses(
        (status = 200, body = Envelope<Clarification>),
        (status = 403, body = Failure),
        (status = 404, body = Failure),
    ))]
pub async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    mut params: Params,
) -> Result<Clarification> {
    let id = number(&id)?;
    let user = params.text("user");
    let person = visitor.viewer(&app, user)?;
    let found = one(&app, &person, id).await?.ok_or_else(|| absent(&id.to_string()))?;
    Ok(Reply::ok("clarification", found))
}

/// Answers a question, privately or to everyone. Only setters may.
#[utoipa::path(post, path = "/api/v1/clarifications/{id}/answers", tag = "clarifications",
    params(("id" = String, Path, description = "The question's id")),
    request_body = AnswerBody,
    responses(
        (status = 201, body = Envelope<Clarification>),
        (status = 200, description = "It was sent before", body = Envelope<Clarification>),
        (status = 400, description = "Fields have mistakes", body = Failure),
        (status = 403, description = "Not a setter", body = Failure),
        (status = 404, description = "No such question", body = Failure),
        (status = 413, description = "The text is too long", body = Failure),
        (status = 503, description = "The ledger failed", body = Failure),
    ))]
pub async fn answer(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Clarification> {
    let id = number(&id)?;
    let user = person::claimed(&mut fields);
    let content = fields.required::<String>("content");
    let client_id = fields.optional::<String>("clientId");
    let everyone = fields.optional::<bool>("everyone").unwrap_or(false);
    let content = fields.mistakes.finish(content)?;
    let person = visitor.person(&app, user)?;
    let chat = &app.hub.chat;
    let thread = chat.thread(&person, id).await?.ok_or_else(|| absent(&id.to_string()))?;
    let to = if everyone { EVERYONE.to_owned() } else { thread.asker };
    let draft = Draft { to: Some(to), client_id, problem: None, thread: Some(id), content };
    let posted = chat.send(&person, draft).await?;
    reply(one(&app, &person, id).await?, posted.again, id)
}

fn reply(made: Option<Clarification>, again: bool, id: u64) -> Result<Clarification> {
    let made = made.ok_or_else(|| ApiError::internal(format!("message {id} is not there")))?;
    Ok(if again { Reply::ok("sent before", made) } else { Reply::created("sent", made) })
}

/// The number of a message in a path. Anything else is not found.
fn number(text: &str) -> std::result::Result<u64, ApiError> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().ok_or_else(|| absent(text))
}

fn absent(id: &str) -> ApiError {
    ApiError::new(Code::NotFound, format!("there is no question `{}`", shorten(id)))
}

/// A question that this person may see.
async fn one(
    app: &App,
    person: &Person,
    id: u64,
) -> std::result::Result<Option<Clarification>, ApiError> {
    match app.hub.chat.thread(person, id).await? {
        Some(thread) => question(app, id, &thread).await,
        None => Ok(None),
    }
}

async fn question(
    app: &App,
    id: u64,
    thread: &Thread,
) -> std::result::Result<Option<Clarification>, ApiError> {
    let Some(first) = app.hub.chat.post(id).await? else { return Ok(None) };
    let mut replies = Vec::with_capacity(thread.replies.len());
    for &id in &thread.replies {
        let Some(Post { id, ts, to, letter }) = app.hub.chat.post(id).await? else { continue };
        let (id, to) = (id.to_string(), recipient(&to).to_owned());
        replies.push(ClarificationReply { id, from: letter.from, to, content: letter.content, ts });
    }
    let answered = thread.answered;
    Ok(Some(Clarification { answered, replies, ..of(first, ClarificationKind::Question) }))
}

fn announcement(post: Post) -> Clarification {
    of(post, ClarificationKind::Announcement)
}

/// A clarification without what followed.
fn of(post: Post, kind: ClarificationKind) -> Clarification {
    let Post { id, ts, letter, .. } = post;
    Clarification {
        id: id.to_string(),
        kind,
        problem: letter.problem,
        from: letter.from,
        content: letter.content,
        ts,
        answered: true,
        replies: Vec::new(),
    }
}
