/* replaced when the room is furnished */
typedef int hr_report_placeholder;
