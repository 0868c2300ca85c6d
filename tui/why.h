/* why: the panel that says why figures where the user stands are absent or not ranked, of the
 * selected engine and its machine; below whatever view is open. The reasons are model/absent.h's.
 */
#ifndef TUI_WHY_H
#define TUI_WHY_H

#include "draw.h"

/* What the panel takes from the end of a body that is `body`; height 0 when it is closed. */
struct rect why_rect(const struct draw *draw, struct rect body);
void why_draw(const struct draw *draw, struct rect rect);
/* Opens, closes and scrolls it. True when the action was one of the panel's. */
bool why_act(struct ui *ui, const struct scene *scene, enum action action, struct rect body);

#endif
