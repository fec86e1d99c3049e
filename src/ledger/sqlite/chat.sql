-- Version 4: the chat is read on its own when a daemon starts. Of its messages only, so that a push costs
-- nothing more.
CREATE INDEX messages_of_chat ON messages (pos) WHERE channel = 'chat';
