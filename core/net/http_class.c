/* What came of a transfer: curl's codes and HTTP's statuses as classes of the field. */
#include <string.h>

#include "base/text.h"
#include "net/http_inner.h"

/* What curl's codes mean for a call; a code that is not here is a protocol error. */
static const struct {
    CURLcode code;
    enum error_class class;
} code_classes[] = {
    {CURLE_OK, ERROR_NONE},
    {CURLE_COULDNT_RESOLVE_HOST, ERROR_CONNECT},
    {CURLE_COULDNT_RESOLVE_PROXY, ERROR_CONNECT},
    {CURLE_COULDNT_CONNECT, ERROR_CONNECT},
    {CURLE_INTERFACE_FAILED, ERROR_CONNECT},
    {CURLE_SEND_ERROR, ERROR_CONNECT},
    {CURLE_OPERATION_TIMEDOUT, ERROR_TIMEOUT_CONNECT}, /* only connecting has curl's own limit */
    {CURLE_GOT_NOTHING, ERROR_CONNECT},
    {CURLE_RECV_ERROR, ERROR_TRUNCATED},
    {CURLE_PARTIAL_FILE, ERROR_TRUNCATED},
    {CURLE_SSL_CONNECT_ERROR, ERROR_TLS},
    {CURLE_SSL_CERTPROBLEM, ERROR_TLS},
    {CURLE_SSL_CIPHER, ERROR_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, ERROR_TLS},
    {CURLE_SSL_CACERT_BADFILE, ERROR_TLS},
    {CURLE_SSL_ISSUER_ERROR, ERROR_TLS},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, ERROR_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, ERROR_TLS},
    {CURLE_SSL_ENGINE_NOTFOUND, ERROR_TLS},
    {CURLE_USE_SSL_FAILED, ERROR_TLS},
};

static enum error_class class_of_code(const struct transfer *transfer) {
    for (size_t i = 0; i < COUNT_OF(code_classes); i++) {
        if (code_classes[i].code != transfer->result)
            continue;
        /* A connection lost before any answer is no answer that was cut short. */
        if (code_classes[i].class == ERROR_TRUNCATED && transfer->status == 0)
            return ERROR_CONNECT;
        return code_classes[i].class;
    }
    return ERROR_PROTOCOL;
}

/* Redirects are not followed: a URL that redirects is a wrong URL. */
static enum error_class class_of_status(const struct transfer *transfer) {
    int status = transfer->status;
    if (status == 429)
        return ERROR_HTTP_429;
    if (status == 503 && text_find(transfer->head, "loading"))
        return ERROR_LOADING;
    return status >= 500 ? ERROR_HTTP_5XX : ERROR_HTTP_4XX;
}

void http_describe(const struct transfer *transfer, enum error_class class, char *out,
                   size_t size) {
    char text[512] = "";
    if (transfer->status >= 300 && transfer->head_length > 0)
        text_visible(text, sizeof(text), transfer->head, transfer->head_length);
    struct buf line;
    buf_init(&line, size - 1);
    if (class == ERROR_NONE)
        ;
    else if (transfer->too_large && transfer->status < 300)
        buf_printf(&line, "reply larger than %zu bytes", transfer->limit);
    else if (transfer->status >= 300)
        buf_printf(&line, "HTTP %d%s%.300s", transfer->status, text[0] ? ": " : "", text);
    else
        buf_printf(&line, "%s",
                   transfer->curl_error[0] ? transfer->curl_error
                                           : curl_easy_strerror(transfer->result));
    text_visible(out, size, buf_string(&line), line.length);
    buf_done(&line);
}

enum error_class http_class(const struct transfer *transfer) {
    if (transfer->status >= 300)
        return class_of_status(transfer);
    return transfer->too_large ? ERROR_TOO_LARGE : class_of_code(transfer);
}
