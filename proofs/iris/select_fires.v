(* SPDX-License-Identifier: BSL-1.0 *)
(** select as a whole: exactly one case fires, or none. *)
From iris.base_logic.lib Require Import invariants cancelable_invariants ghost_var ghost_map.
From iris.heap_lang Require Import proofmode notation.
From sluice Require Import waiter waiter_owner select select_lines select_cases.

Section select.
  Context `{!heapGS Σ, !waitG Σ} (N : namespace).
  Implicit Types (c : chan) (n w : loc) (i : nat) (m : bool) (L P : list lined) (W : waiter (Σ := Σ)) (κ : case (Σ := Σ)).
  Notation parties := (parties N). Notation place := (place N). Notation claimed := (claimed N).
  Notation to_ring := (to_ring N). Notation is_waiter := (is_waiter N). Notation offer := (offer N). Notation commit := (commit N).
  Notation E := (⊤ ∖ ↑N).

  Notation sides := (sides N). Notation state := (state N). Notation chan_inv := (chan_inv N). Notation is_chan := (is_chan N).
  Notation attempted := (attempted N).
  Notation hand := (hand N). Notation tried := (tried N).
  Notation node_frag W y := (y.2.1 ↪[γn (on y.1) (pushes y.1)] (γw W, y.2.2, at_ W))%I.

  (** ** A select begins, and ends *)
  Lemma start W r ns :
    is_waiter W -∗ cinv_own (γw W) r -∗ ghost_var (γp W) (1/2) (@None (list (loc * Qp))) -∗ offer (cases W) -∗ all_stay W ns
    ={⊤}=∗ cinv_own (γw W) r ∗ waiting W ns ∗ [∗ list] c ∈ gates W, holder c (Some (at_ W)).
  Proof.
    iIntros "[%Hg #I] Hq Hp Ho Hst". iInv "I" as "[H Hq]" "Hclose".
    iDestruct "H" as (z b) "(>Hz & >Hb & [H|[H|[H|[H|H]]]])".
    - iDestruct "H" as "(>% & >Hp' & >Ht & >Hh)". iMod (ghost_var_update_halves (Some ns) with "Hp Hp'") as "[Hp Hp']".
      iMod ("Hclose" with "[Hz Hb Hp' Ht Ho Hst]") as "_"; last (iModIntro; by iFrame).
      iNext. iExists z, b. iFrame "Hz Hb". iRight. iLeft. iExists ns. by iFrame.
    - iDestruct "H" as (ns') "(_ & >Hp' & _)". by iDestruct (ghost_var_agree with "Hp Hp'") as %?.
    - iDestruct "H" as (ns' i) "(_ & >Hp' & _)". by iDestruct (ghost_var_agree with "Hp Hp'") as %?.
    - iDestruct "H" as (ns' i) "(_ & >Hp' & _)". by iDestruct (ghost_var_agree with "Hp Hp'") as %?.
    - iDestruct "H" as (u q') "(_ & >Hp' & _)". iDestruct "Hp'" as (p) "Hp'".
      iDestruct (ghost_var_valid_2 with "Hp' Hp") as %[Hv _]. by destruct (Qp.not_add_le_l 1 (1/2)).
  Qed.
  Lemma withdraw W :
    is_waiter W -∗ cinv_own (γw W) 1 -∗ ghost_var (γp W) (1/2) (@None (list (loc * Qp)))
    ={⊤}=∗ ∃ z b : Z, (at_ W +ₗ 0) ↦ #z ∗ (at_ W +ₗ 1) ↦ #b ∗ [∗ list] c ∈ gates W, holder c (Some (at_ W)).
  Proof.
    iIntros "[%Hg #I] Hq Hp". iMod (cinv_cancel with "I Hq") as "H"; first done.
    iDestruct "H" as (z b) "(>Hz & >Hb & [H|[H|[H|[H|H]]]])".
    - iDestruct "H" as "(_ & _ & _ & >Hh)". iExists z, b. by iFrame.
    - iDestruct "H" as (ns') "(_ & >Hp' & _)". by iDestruct (ghost_var_agree with "Hp Hp'") as %?.
    - iDestruct "H" as (ns' i) "(_ & >Hp' & _)". by iDestruct (ghost_var_agree with "Hp Hp'") as %?.
    - iDestruct "H" as (ns' i) "(_ & >Hp' & _)". by iDestruct (ghost_var_agree with "Hp Hp'") as %?.
    - iDestruct "H" as (u q') "(_ & >Hp' & _)". iDestruct "Hp'" as (p) "Hp'".
      iDestruct (ghost_var_valid_2 with "Hp' Hp") as %[Hv _]. by destruct (Qp.not_add_le_l 1 (1/2)).
  Qed.
  Lemma end_spec W :
    {{{ is_waiter W ∗ cinv_own (γw W) 1 }}} end_waiter #(at_ W) {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "[[%Hg #I] Hq] HΦ". iMod (cinv_cancel with "I Hq") as "H"; first done.
    iDestruct "H" as (z b) "(>Hz & >Hb & _)". wp_apply (end_waiter_spec with "[$Hz $Hb]"). done.
  Qed.

  Lemma big_sepL_middle {A} (Φ : A → iProp Σ) (a b : list A) x :
    ([∗ list] y ∈ a, Φ y) -∗ ([∗ list] y ∈ b, Φ y) -∗ [∗ list] k ↦ y ∈ a ++ x :: b, if decide (k = length a) then emp else Φ y.
  Proof.
    iIntros "Ha Hb". rewrite big_sepL_app big_sepL_cons. iSplitL "Ha"; [|iSplitR].
    - iApply (big_sepL_mono with "Ha"). intros k y Hk%lookup_lt_Some. rewrite decide_False; [done|lia].
    - rewrite decide_True; [done|lia].
    - iApply (big_sepL_mono with "Hb"). intros k y _. rewrite decide_False; [done|lia].
  Qed.

  (** what is left to a select when case i has fired *)
  Definition unfired κs i : iProp Σ := [∗ list] k ↦ κ ∈ κs, if decide (k = i) then emp else holds κ.

  Lemma conclude_spec W l r :
    cases W = l.*1 → (∀ y, y ∈ l → on y.1 ∈ gates W) →
    {{{ is_waiter W ∗ ([∗ list] c ∈ gates W, is_chan c) ∗ cinv_own (γw W) r ∗ served W l.*2 ∗
        (cinv_own (γw W) r -∗ ([∗ list] y ∈ l, cinv_own (γw W) y.2.2) -∗ cinv_own (γw W) 1) }}}
      conclude #(at_ W) (nodes_value l)
    {{{ i κ (ok : bool), RET SOMEV (#i, #ok); ⌜cases W !! i = Some κ⌝ ∗ outcome κ ok ∗ unfired (cases W) i }}}.
  Proof.
    iIntros (Hl Hg Φ) "(#Hw & #Hcs & Hr & Hs & Hback) HΦ". iDestruct "Hs" as (i) "(Hst & Hres & Ht)".
    iDestruct "Hres" as (κ x ok f [Hi Hx]) "(Hout & Hq & Ha & Hf & Hsv)". wp_lam. wp_pures.
    wp_apply (winner_spec with "[$Hw $Hr $Ht]"). iIntros "Hr". wp_pures.
    apply list_lookup_fmap_inv in Hx as (y & -> & Hy).
    wp_apply (accept_spec l i y ok with "Hsv"); first done. iIntros "Hsv". wp_pures.
    iAssert ([∗ list] k ↦ y ∈ l, (if decide (k = i) then emp else node_frag W y) ∗ if decide (k = i) then emp else holds y.1)%I
      with "[Hst]" as "Hst".
    { rewrite /others_stay Hl big_sepL2_alt zip_fst_snd. iDestruct "Hst" as "[_ Hst]". iApply (big_sepL_mono with "Hst").
      intros k y' _. case_decide; first by iIntros "_". by iIntros "[_ [$ $]]". }
    rewrite big_sepL_sep. iDestruct "Hst" as "[Hn Hh]".
    wp_apply (leave_others_spec N W l i Hg with "[$Hcs Hn Ha Hf Hsv Hq]").
    { iApply (big_sepL_delete _ _ _ y); first done. rewrite decide_True //. iSplitR "Hn".
      - iFrame "Ha Hq". iExists _, _. iFrame.
      - iApply (big_sepL_mono with "Hn"). intros k y' _. repeat case_decide; try lia; done. }
    iIntros "Hqs". iDestruct ("Hback" with "Hr Hqs") as "Hq". wp_pures. wp_apply (end_spec with "[$Hw $Hq]"). iIntros "_". wp_pures.
    iApply "HΦ". iModIntro. iFrame "Hout". iSplit; first done. by rewrite /unfired Hl big_sepL_fmap.
  Qed.

  (** ** The theorem: of all that a select offers, which is one resource, exactly one case takes what it needs; or none,
      and then all of it is still there. *)
  Theorem select_spec cs κs :
    (∀ κ, κ ∈ κs → on κ ∈ cs) →
    {{{ ([∗ list] c ∈ cs, is_chan c) ∗ ([∗ list] κ ∈ κs, holds κ) ∗ offer κs }}}
      select (chans_value cs) (cases_value κs)
    {{{ v, RET v; (⌜v = NONEV⌝ ∗ offer κs ∗ [∗ list] κ ∈ κs, holds κ) ∨
        ∃ i κ (ok : bool), ⌜v = SOMEV (#i, #ok) ∧ κs !! i = Some κ⌝ ∗ outcome κ ok ∗ unfired κs i }}}.
  Proof.
    iIntros (Hcs Φ) "(#Hc & Hκ & Ho) HΦ". rewrite /select. wp_pures. wp_apply new_waiter_spec; first done.
    iIntros (w) "[Hz Hb]". wp_pures. wp_apply (lock_all_spec with "Hc"). iIntros "Hall".
    iMod (take_hold N cs (Some w) with "Hall") as "(Hlk & Hh & Hhand)".
    iMod (ghost_var_alloc (@None (list (loc * Qp)))) as (gp) "[Hp Hp']".
    iMod (ghost_var_alloc (@nil (loc * Qp), 0%nat)) as (gt) "Ht". iMod (ghost_map_alloc (∅ : gmap nat (loc * Qp))) as (gi) "[HI _]".
    iMod (cinv_alloc_cofinite ∅ ⊤ (N .@ "waiter")) as (gw _) "[Hq Halloc]". set (W := Waiter w gw gp gt gi κs cs).
    iMod ("Halloc" $! (waiter_inv N W) with "[Hz Hb Hp' Ht Hh]") as "#I".
    { iNext. iExists undecided, silent. iFrame "Hz Hb". iLeft. iFrame "Hp' Hh". iSplit; first done. iExists _. iFrame "Ht". }
    iAssert (is_waiter W) as "#Hw"; first (iSplit; [by iPureIntro|done]). wp_pures.
    wp_apply (try_spec N W κs 0%nat ∅ 1%Qp with "[$Hw $Hhand $Hq $HI $Ho $Hκ]"); [done|intros; apply lookup_empty|].
    iIntros (v) "H". iDestruct "H" as (l f r -> Hl) "(Hh & Hl & Hr & Hback & Hf)". wp_pures.
    assert (∀ y, y ∈ l → on y.1 ∈ gates W) as Hg.
    { intros y Hy. apply Hcs. eapply elem_of_prefix; [|done]. by apply elem_of_list_fmap_1. }
    iDestruct "Hf" as "[[%Hf Ho]|Hf]".
    - (* none was ready *)
      destruct Hf as [-> Hl']. iAssert (all_stay W l.*2) with "[Hl]" as "Hst".
      { rewrite /all_stay big_sepL2_alt. change (cases W) with κs. rewrite -Hl' zip_fst_snd !fmap_length. by iFrame. }
      iMod (start with "Hw Hr Hp Ho Hst") as "(Hr & Hp & Hh')". iDestruct (drop_hold with "Hlk Hh' Hh") as "Hall". wp_pures.
      wp_apply (unlock_all_spec with "[$Hc $Hall]"). iIntros "_". wp_pures.
      wp_apply (wait_spec N W r l.*2 with "[$Hw $Hr $Hp]"). iIntros ([]) "[Hr H]"; wp_pures.
      { wp_apply (conclude_spec W l r with "[$Hw $Hc $Hr $H $Hback]"); [done..|]. iIntros (i κ ok) "(%Hi & Hout & Hu)".
        iApply "HΦ". iRight. iExists i, κ, ok. iSplit; first done. iFrame "Hout". iExact "Hu". }
      wp_apply (give_up_spec N W r l.*2 with "[$Hw $Hr $H]"). iIntros ([]) "[Hr H]"; wp_pures; last first.
      { wp_apply (wait_for_ever_spec N W r l.*2 with "[$Hw $Hr $H]"). iIntros "[Hr H]". wp_pures.
        wp_apply (conclude_spec W l r with "[$Hw $Hc $Hr $H $Hback]"); [done..|]. iIntros (i κ ok) "(%Hi & Hout & Hu)".
        iApply "HΦ". iRight. iExists i, κ, ok. iSplit; first done. iFrame "Hout". iExact "Hu". }
      iDestruct "H" as "[Ho Hst]".
      iAssert (([∗ list] y ∈ l, node_frag W y) ∗ [∗ list] κ ∈ κs, holds κ)%I with "[Hst]" as "[Hn Hκ]".
      { rewrite /all_stay big_sepL2_alt. change (cases W) with κs. rewrite -Hl' zip_fst_snd big_sepL_fmap -big_sepL_sep.
        iDestruct "Hst" as "[_ Hst]". iApply (big_sepL_mono with "Hst"). intros k y _. by iIntros "[_ [$ $]]". }
      wp_apply (leave_others_spec N W l gave_up Hg with "[$Hc Hn]").
      { iApply (big_sepL_mono with "Hn"). intros k y _. rewrite decide_False; [done|lia]. }
      iIntros "Hqs". iDestruct ("Hback" with "Hr Hqs") as "Hq". wp_pures. wp_apply (end_spec W with "[$Hw $Hq]"). iIntros "_".
      wp_pures. iApply "HΦ". iModIntro. iLeft. iSplit; first done. iFrame "Hκ". iExact "Ho".
    - (* one was *)
      iDestruct "Hf" as (κ ok s [-> Hk]) "(Hout & Hs & Hrest)". wp_pures.
      iAssert (([∗ list] y ∈ l, node_frag W y) ∗ [∗ list] κ ∈ l.*1, holds κ)%I with "[Hl]" as "[Hn Hκ]".
      { rewrite big_sepL_fmap -big_sepL_sep. iApply (big_sepL_mono with "Hl"). intros k y _. by iIntros "[_ [$ $]]". }
      wp_apply (leave_locked_spec N W l (Some w) Hg with "[$Hh $Hn]"). iIntros "[Hh Hqs]".
      iDestruct ("Hback" with "Hr Hqs") as "Hq". iMod (withdraw with "Hw Hq Hp") as (z b) "(Hz & Hb & Hh')".
      iDestruct (drop_hold with "Hlk Hh' Hh") as "Hall". wp_pures. wp_apply (unlock_all_spec with "[$Hc $Hall]").
      iIntros "_". wp_pures. wp_bind (heap_lang.Case _ _ _). iApply (wp_wand _ _ _ (λ _, True)%I with "[Hs]").
      { destruct s as [n|]; wp_pures; [by wp_apply (ring_spec with "Hs")|done]. }
      iIntros (?) "_". wp_pures. wp_apply (end_waiter_spec with "[$Hz $Hb]"). iIntros "_". wp_pures. iApply "HΦ". iModIntro.
      iRight. iExists (length l), κ, ok. iSplit; first done. iFrame "Hout".
      assert (κs = l.*1 ++ κ :: drop (S (length l)) κs) as Hκs.
      { destruct Hl as [t Ht]. rewrite Ht in Hk |- *. rewrite lookup_app_r ?fmap_length // Nat.sub_diag in Hk.
        destruct t as [|κ' t]; [done|]. injection Hk as ->. do 2 f_equal.
        replace (S (length l)) with (length (l.*1 ++ [κ])) by (rewrite app_length fmap_length /=; lia).
        by rewrite (cons_middle κ _ t) app_assoc drop_app. }
      iDestruct (big_sepL_middle holds l.*1 (drop (S (length l)) κs) κ with "Hκ Hrest") as "H".
      by rewrite -Hκs fmap_length.
  Qed.
End select.
