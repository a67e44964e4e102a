/* homeroom version */
#include "cli/cli.h"
#include "video/video.h"

int hr_cmd_version(struct hr_cli *cli)
{
    char libraries[1024];
    hr_video_describe(libraries, sizeof libraries);
    fprintf(cli->out, "homeroom %s\n%s\n", hr_version(), libraries);
    return 0;
}
