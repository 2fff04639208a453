/* SPDX-License-Identifier: MIT
 *
 * A program that does nothing, linked statically: its launch is the launch alone.
 */
int main(void)
{
	return 0;
}
